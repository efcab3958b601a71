import type { Channel } from '../channel.ts';
import type { Catalog, Destination } from '../core/catalog.ts';
import type { Lot } from '../core/lot.ts';
import { RUN_MS } from '../core/replay.ts';
import type { Written } from '../core/written.ts';
import { type BuryDeps, bury } from './bury.ts';
import { isPausedNow } from './deliver/park.ts';
import { toError } from './each.ts';
import { type DeliverQueues, type Enqueue, enqueueAll } from './queues.ts';
import { type DueDelivery, packsOf } from './timers.ts';

/** A delivery that waits for the end of a pause. */
export interface ParkedDelivery extends DueDelivery {
  /** Epoch ms of its parking. */
  readonly parkedAt: number;
}

export interface ResumeDeps extends BuryDeps {
  readonly lots: {
    readonly list: () => Promise<readonly Lot[]>;
    /** What was parked until a time, first come first; `after` is the `next` of the page before. */
    readonly page: (
      lot: Lot,
      untilMs: number,
      after: string,
      limit: number,
    ) => Promise<{ readonly parked: readonly ParkedDelivery[]; readonly next?: string }>;
    readonly release: (
      parked: readonly ParkedDelivery[],
      dueAtMs: number,
      ttl: number,
    ) => Promise<readonly Written[]>;
    readonly close: (lot: Lot) => Promise<Written>;
  };
  readonly catalog: (tenant: string) => Promise<Catalog>;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly enqueue: Enqueue;
  readonly queues: DeliverQueues;
  readonly remainingMs: () => number;
  readonly now: () => number;
}

/** Contents of up to 130 KiB each must fit into memory. */
const PAGE = 100;
/** A page takes a second or two; replays want their turn, too. */
const RESERVE_MS = 20_000;
/** Of one destination in one run, where no limit asks for less. */
const MAX_PER_RUN = 10_000;
/** When the timers send what was released, should its message have been lost. */
const AGAIN_MS = 15 * 60_000;
/** An empty lot is forgotten so long after its last note: no worker that wrote it is still parking. */
const CALM_MS = 15 * 60_000;
/** What waits longer is given up before the ledger forgets it (30 days). */
export const MAX_PARKED_MS = 28 * 86_400_000;

/** A lot in a run: how far it is, and how many may still be sent on. */
interface Visit {
  readonly lot: Lot;
  readonly after: string;
  readonly room: number;
}

/**
 * Goes through the lots, a page of each in turn. Where the pause is over, parked deliveries are sent on, as many
 * as the limit takes until the next run: the queue stays short, and a new pause finds most of them where they
 * were. Nothing here needs to know when a pause ended, so that what was parked late, by a worker with an old copy
 * of the catalog, is found as well.
 */
export async function resumeParked(deps: ResumeDeps): Promise<void> {
  let visits: Visit[] = (await deps.lots.list()).map((lot) => ({ lot, after: '', room: MAX_PER_RUN }));
  while (visits.length > 0) {
    const further: Visit[] = [];
    for (const visit of visits) {
      if (deps.remainingMs() < RESERVE_MS) return;
      further.push(...(await tryStep(visit, deps)));
    }
    visits = further;
  }
}

async function tryStep(visit: Visit, deps: ResumeDeps): Promise<Visit[]> {
  try {
    return await step(visit, deps);
  } catch (error) {
    const { tenant, destination } = visit.lot;
    deps.telemetry.log('error', 'parked deliveries stand still', {
      tenant,
      destination,
      error: toError(error),
    });
    return [];
  }
}

/** One page of a lot; answers where to go on. */
async function step({ lot, after, room }: Visit, deps: ResumeDeps): Promise<Visit[]> {
  const { tenant, destination: id } = lot;
  const destination = (await deps.catalog(tenant)).destinations.get(id);
  // Without its destination nothing is paused: what was parked comes to its end.
  if (destination && (await isPausedNow(tenant, destination, deps))) {
    await giveUpOld(lot, deps);
    return [];
  }
  const most = Math.min(room, roomOf(destination, deps));
  const { parked, next } = await deps.lots.page(lot, deps.now(), after, Math.min(PAGE, most));
  if (parked.length > 0) {
    const count = await sendOn(parked, destination?.channel, deps);
    deps.telemetry.log('info', 'parked deliveries sent on', { tenant, destination: id, count });
  } else if (after === '' && next === undefined) await forget(lot, deps);
  const left = most - Math.max(1, parked.length);
  return next === undefined || left <= 0 ? [] : [{ lot, after: next, room: left }];
}

function roomOf(destination: Destination | undefined, { channels }: ResumeDeps): number {
  const rate = destination && (destination.rate ?? channels.get(destination.channel)?.rate);
  return rate ? Math.max(1, Math.floor((RUN_MS * rate.limit) / rate.perMs)) : MAX_PER_RUN;
}

/** A message that is lost after the release comes by the timers: nothing is sent before it is in their hands. */
async function sendOn(
  parked: readonly ParkedDelivery[],
  channel: string | undefined,
  deps: ResumeDeps,
): Promise<number> {
  const nowMs = deps.now();
  // The time of the pause does not count for their age, and its channel may have been changed meanwhile.
  const going = parked.map((one) => ({
    ...one,
    channel: channel ?? one.channel,
    since: one.since + Math.max(0, nowMs - one.parkedAt),
  }));
  const written = await deps.lots.release(going, nowMs + AGAIN_MS, deps.ttl());
  const released = going.filter((_, index) => written[index]?.kind === 'written');
  await enqueueAll(packsOf(released, deps.queues), deps.enqueue);
  return released.length;
}

async function giveUpOld(lot: Lot, deps: ResumeDeps): Promise<void> {
  const { parked } = await deps.lots.page(lot, deps.now() - MAX_PARKED_MS, '', PAGE);
  const plans = parked.map(({ ref, attempt, channel, since, content, held }) => {
    return { ref, reason: 'expiredInRetry' as const, attempt, channel, since, content, seen: held };
  });
  await bury(plans, deps, true);
}

async function forget(lot: Lot, deps: ResumeDeps): Promise<void> {
  if (deps.now() - lot.notedAt > CALM_MS) await deps.lots.close(lot);
}
