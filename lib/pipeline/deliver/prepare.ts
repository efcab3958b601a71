import type { Channel, Target } from '../../channel.ts';
import type { Catalog, Destination } from '../../core/catalog.ts';
import { MAX_HOPS } from '../../core/message.ts';
import { MAX_AGE_MS, type Verdict } from '../../core/verdict.ts';
import type { Fate, Prepared, Work } from './work.ts';

export interface PrepareDeps {
  readonly catalog: (tenant: string) => Promise<Catalog>;
  readonly channelOf: (name: string) => Channel | undefined;
  /** Checks settings and resolves their secrets. Throws when secrets cannot be read at all. */
  readonly open: (tenant: string, channel: Channel, destination: Destination) => Promise<Opened>;
  readonly now: () => number;
}

export type Opened =
  | { readonly ok: true; readonly target: Target }
  /** What is wrong, without any secret. */
  | { readonly ok: false; readonly detail: string };

/** Looks up where each delivery goes, and settles without a request what cannot or must not be sent. */
export async function prepare(works: readonly Work[], deps: PrepareDeps): Promise<Prepared[]> {
  const catalogs = new Map<string, Catalog>();
  for (const { ref } of works) {
    if (!catalogs.has(ref.tenant)) catalogs.set(ref.tenant, await deps.catalog(ref.tenant));
  }
  return await Promise.all(
    works.map((work) => prepareOne(work, catalogs.get(work.ref.tenant) as Catalog, deps)),
  );
}

async function prepareOne(work: Work, catalog: Catalog, deps: PrepareDeps): Promise<Prepared> {
  const destination = catalog.destinations.get(work.ref.destination);
  const channel = destination && deps.channelOf(destination.channel);
  const name = destination?.channel ?? 'unknown';
  const verdict = ruledOut(work, destination, channel, deps.now());
  if (verdict) return { ...work, channel: name, fate: { kind: 'verdict', verdict } };
  const opened = await deps.open(work.ref.tenant, channel as Channel, destination as Destination);
  if (opened.ok) return { ...work, channel: name, target: opened.target };
  // A missing secret or a bad setting is repaired by people: it is tried again on the channel's schedule.
  const fate: Fate = {
    kind: 'outcome',
    outcome: { kind: 'retry', reason: 'settings' },
    detail: opened.detail,
  };
  return { ...work, channel: name, fate };
}

/** Rules that end a delivery before it is sent, most general first. */
function ruledOut(
  { delivery, hops }: Work,
  destination: Destination | undefined,
  channel: Channel | undefined,
  nowMs: number,
): Verdict | undefined {
  if (!destination || !channel) return { kind: 'discarded', reason: 'destinationDeleted' };
  if (!destination.enabled) {
    return { kind: 'discarded', reason: destination.disabledReason === 'gone' ? 'gone' : 'disabled' };
  }
  if (hops > MAX_HOPS) return { kind: 'dead', reason: 'poison', ambiguous: false };
  if (delivery.n > channel.retryMs.length + 1) return { kind: 'dead', reason: 'exhausted', ambiguous: false };
  if (nowMs - delivery.since > MAX_AGE_MS)
    return { kind: 'dead', reason: 'expiredInRetry', ambiguous: false };
  return undefined;
}
