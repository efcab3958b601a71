import type { Channel, Target } from '../../channel.ts';
import type { Catalog, Destination } from '../../core/catalog.ts';
import { MAX_HOPS } from '../../core/message.ts';
import type { Telemetry } from '../../core/metrics.ts';
import { MAX_AGE_MS, type Verdict } from '../../core/verdict.ts';
import { forEach } from '../each.ts';
import { type Prepared, type Work, destinationKey } from './work.ts';

export interface PrepareDeps {
  readonly catalog: (tenant: string) => Promise<Catalog>;
  readonly channelOf: (name: string) => Channel | undefined;
  /** Checks settings and resolves their secrets. */
  readonly open: (tenant: string, channel: Channel, destination: Destination) => Promise<Opened>;
  readonly now: () => number;
  readonly telemetry: Telemetry;
}

export type Opened =
  | { readonly ok: true; readonly target: Target }
  /** What is wrong, without any secret. */
  | { readonly ok: false; readonly detail: string };

/**
 * Looks up where each delivery goes, and settles without a request what cannot or must not be sent. Deliveries
 * whose catalog cannot be read are left out: they come again.
 */
export async function prepare(works: readonly Work[], deps: PrepareDeps): Promise<Prepared[]> {
  const groups = Map.groupBy(works, destinationKey).values();
  const prepared = await forEach(
    groups,
    (group) => prepareGroup(group, deps),
    'destination cannot be looked up',
    deps,
  );
  return prepared.flat();
}

/** Deliveries to one destination: it is opened once for all of them. */
async function prepareGroup(works: readonly Work[], deps: PrepareDeps): Promise<Prepared[]> {
  const { tenant, destination: id } = works[0]!.ref;
  const destination = (await deps.catalog(tenant)).destinations.get(id);
  const channel = destination && deps.channelOf(destination.channel);
  const name = destination?.channel ?? 'unknown';
  if (!channel)
    return works.map((work) => ended(work, name, { kind: 'discarded', reason: 'destinationDeleted' }));
  if (!destination.enabled) {
    const reason = destination.disabledReason === 'gone' ? 'gone' : 'disabled';
    return works.map((work) => ended(work, name, { kind: 'discarded', reason }));
  }
  const opened = await deps.open(tenant, channel, destination);
  return works.map((work) => {
    const verdict = givenUp(work, channel, deps.now());
    if (verdict) return ended(work, name, verdict);
    if (opened.ok) return { ...work, channel: name, target: opened.target };
    // A missing secret or a bad setting is repaired by people: it is tried again later.
    const outcome = { kind: 'retry', reason: 'settings' } as const;
    return { ...work, channel: name, fate: { kind: 'outcome', outcome, detail: opened.detail } };
  });
}

function ended(work: Work, channel: string, verdict: Verdict): Prepared {
  return { ...work, channel, fate: { kind: 'verdict', verdict } };
}

/** Rules that end a delivery before it is sent, most general first. */
function givenUp({ delivery, hops }: Work, channel: Channel, nowMs: number): Verdict | undefined {
  if (hops > MAX_HOPS) return { kind: 'dead', reason: 'poison', ambiguous: false };
  if (delivery.n > channel.retryMs.length + 1) return { kind: 'dead', reason: 'exhausted', ambiguous: false };
  if (nowMs - delivery.since > MAX_AGE_MS)
    return { kind: 'dead', reason: 'expiredInRetry', ambiguous: false };
  return undefined;
}
