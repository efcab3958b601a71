import type { Channel, Target } from '../../channel.ts';
import { type Catalog, type Destination, type Limit, limitsOf } from '../../core/catalog.ts';
import { doubtOf } from '../../core/doubt.ts';
import { MAX_HOPS } from '../../core/message.ts';
import type { Telemetry } from '../../core/metrics.ts';
import { type Verdict, forgotten, overdue } from '../../core/verdict.ts';
import { toError } from '../each.ts';
import { type RecipientDeps, findDestination } from '../recipients.ts';
import type { Later } from './line.ts';
import { type ParkDeps, isParking } from './park.ts';
import { mostAttempts, policyOf } from './policy.ts';
import { type Prepared, type Work, destinationKey } from './work.ts';

export interface PrepareDeps extends ParkDeps, RecipientDeps {
  readonly catalog: (tenant: string) => Promise<Catalog>;
  readonly channelOf: (name: string) => Channel | undefined;
  /** Checks settings and resolves their secrets; throws when these cannot be looked up. */
  readonly open: (
    tenant: string,
    channel: Channel,
    destination: Destination,
    limits: readonly Limit[],
  ) => Promise<Opened>;
  readonly now: () => number;
  readonly telemetry: Telemetry;
}

export type Opened =
  | { readonly ok: true; readonly target: Target }
  /** What is wrong, without any secret. */
  | { readonly ok: false; readonly detail: string };

export interface Preparation {
  readonly prepared: readonly Prepared[];
  /** Nobody knows now where they go. */
  readonly later: readonly Later[];
}

/** How long a delivery stays away whose catalog or secrets cannot be read. */
const UNREADABLE_MS = 30_000;

/**
 * Looks up where each delivery goes, and settles without a request what cannot or must not be sent. While the
 * catalog or the secrets cannot be read, deliveries wait in the queue as new messages: an outage of hours costs
 * neither attempts nor receives, of which the dead-letter queue allows a hundred.
 */
export async function prepare(works: readonly Work[], deps: PrepareDeps): Promise<Preparation> {
  const groups = [...Map.groupBy(works, destinationKey).values()];
  const parts = await Promise.all(groups.map((group) => prepareGroup(group, deps)));
  return {
    prepared: parts.flatMap(({ prepared }) => prepared),
    later: parts.flatMap(({ later }) => later),
  };
}

async function prepareGroup(works: readonly Work[], deps: PrepareDeps): Promise<Preparation> {
  try {
    return { prepared: await openGroup(works, deps), later: [] };
  } catch (error) {
    const { tenant, destination } = works[0]!.ref;
    const fields = { tenant, destination, error: toError(error) };
    deps.telemetry.log('error', 'destination cannot be looked up', fields);
    return putOff(works, deps.now());
  }
}

/** The hop cap holds here too, so that nothing goes round for ever. */
function putOff(works: readonly Work[], nowMs: number): Preparation {
  return {
    prepared: works.filter(isRunaway).map((work) => ended(work, 'unknown', RUNAWAY)),
    later: works
      .filter((work) => !isRunaway(work))
      .map((work) => ({ works: [work], untilMs: Math.max(nowMs + UNREADABLE_MS, work.notBefore ?? 0) })),
  };
}

/** Deliveries to one destination: it is opened once for all of them. */
async function openGroup(works: readonly Work[], deps: PrepareDeps): Promise<Prepared[]> {
  const { tenant, destination: id } = works[0]!.ref;
  const catalog = await deps.catalog(tenant);
  const destination = await findDestination(tenant, id, catalog, deps);
  const channel = destination && deps.channelOf(destination.channel);
  const name = destination?.channel ?? 'unknown';
  if (!channel)
    return works.map((work) => ended(work, name, { kind: 'discarded', reason: 'destinationDeleted' }));
  if (!destination.enabled) {
    const reason = destination.disabledReason === 'gone' ? 'gone' : 'disabled';
    return works.map((work) => ended(work, name, { kind: 'discarded', reason }));
  }
  const opened = await deps.open(tenant, channel, destination, limitsOf(catalog, id));
  const parking = await isParking(tenant, destination, deps);
  const { retryMs = channel.retryMs } = destination;
  const found = opened.ok ? { target: opened.target } : { doubt: doubtOf(destination, channel.providerKey) };
  return works.map((work) => {
    const { doubt } = policyOf({ ...work, channel: name, ...found });
    const verdict = givenUp(work, retryMs, deps.now()) ?? forgotten(work.delivery, doubt, deps.now());
    if (verdict) return ended(work, name, verdict);
    if (parking) return { ...ended(work, name, { kind: 'parked' }), ...found };
    if (opened.ok) return { ...work, channel: name, ...found };
    // A missing secret or a bad setting is repaired by people: it is tried again later.
    const outcome = { kind: 'retry', reason: 'settings' } as const;
    return { ...work, channel: name, ...found, fate: { kind: 'outcome', outcome, detail: opened.detail } };
  });
}

function ended(work: Work, channel: string, verdict: Verdict): Prepared {
  return { ...work, channel, fate: { kind: 'verdict', verdict } };
}

const RUNAWAY = { kind: 'dead', reason: 'poison', ambiguous: false } as const;

function isRunaway({ hops }: Work): boolean {
  return hops > MAX_HOPS;
}

/** Rules that end a delivery before it is sent, most general first. */
function givenUp(work: Work, retryMs: readonly number[], nowMs: number): Verdict | undefined {
  const { delivery } = work;
  if (isRunaway(work)) return RUNAWAY;
  if (delivery.n > mostAttempts({ retryMs })) return { kind: 'dead', reason: 'exhausted', ambiguous: false };
  return overdue(delivery, nowMs);
}
