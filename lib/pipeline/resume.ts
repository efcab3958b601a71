import { type Catalog, type Destination, baseOf } from '../core/catalog.ts';
import type { ChannelFacts } from '../core/channel-facts.ts';
import type { Lot } from '../core/lot.ts';
import { RUN_MS } from '../core/replay.ts';
import type { KeptUntil } from '../core/retention.ts';
import type { Written } from '../core/written.ts';
import { type BuryDeps, bury } from './bury.ts';
import { isPausedNow } from './deliver/park.ts';
import { forEach, toError } from './each.ts';
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
      until: KeptUntil,
    ) => Promise<readonly Written[]>;
    readonly notedAt: (lot: Lot) => Promise<number | undefined>;
    readonly close: (lot: Lot, notedAt: number) => Promise<Written>;
  };
  readonly catalog: (tenant: string) => Promise<Catalog>;
  readonly channels: ReadonlyMap<string, ChannelFacts>;
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

/** Tenants whose catalogs are looked at together. */
const AT_ONCE = 50;
/** Prime, so that runs begin with ever another lot: whoever is not come to today is soon among the first. */
const STRIDE = 997;

/** A lot in a run: how far it is, and how many may still be sent on. */
interface Visit {
  readonly lot: Lot;
  readonly after: string;
  readonly room: number;
}

/** One page of a lot; answers where to go on. */
type Step = (visit: Visit, deps: ResumeDeps) => Promise<Visit[]>;

/**
 * Goes through the lots, a page of each in turn. Where the pause is over, parked deliveries are sent on, as many
 * as the limit takes until the next run: the queue stays short, and a new pause finds most of them where they
 * were. Nothing here needs to know when a pause ended, so that what was parked late, by a worker with an old copy
 * of the catalog, is found as well. Lots that are paused still have only their oldest looked at, with the time that
 * is left: however many there are, none of the others waits for them.
 */
export async function resumeParked(deps: ResumeDeps): Promise<void> {
  const { open, paused } = await sortOut(inTurn(await deps.lots.list(), deps.now()), deps);
  await visitAll(open, sendPage, deps);
  await visitAll(paused, giveUpOld, deps);
}

function inTurn(lots: readonly Lot[], nowMs: number): Lot[] {
  const first = (Math.floor(nowMs / RUN_MS) * STRIDE) % Math.max(1, lots.length);
  return [...lots.slice(first), ...lots.slice(0, first)];
}

/** Which lots may be sent on. One whose catalog cannot be read is in neither list. */
async function sortOut(
  lots: readonly Lot[],
  deps: ResumeDeps,
): Promise<{ readonly open: readonly Lot[]; readonly paused: readonly Lot[] }> {
  const [open, paused]: [Lot[], Lot[]] = [[], []];
  const tenants = [...Map.groupBy(lots, ({ tenant }) => tenant).values()];
  for (let at = 0; at < tenants.length; at += AT_ONCE) {
    const some = tenants.slice(at, at + AT_ONCE).flat();
    const sort = async (lot: Lot) => void ((await isHeldUp(lot, deps)) ? paused : open).push(lot);
    await forEach(some, sort, 'parked deliveries stand still', deps);
  }
  return { open, paused };
}

/** Without its destination nothing is paused: what was parked comes to its end. */
async function isHeldUp({ tenant, destination: id }: Lot, deps: ResumeDeps): Promise<boolean> {
  const destination = baseOf(await deps.catalog(tenant), id);
  return destination !== undefined && (await isPausedNow(tenant, destination, deps));
}

async function visitAll(lots: readonly Lot[], step: Step, deps: ResumeDeps): Promise<void> {
  let visits: Visit[] = lots.map((lot) => ({ lot, after: '', room: MAX_PER_RUN }));
  while (visits.length > 0) {
    const further: Visit[] = [];
    for (const visit of visits) {
      if (deps.remainingMs() < RESERVE_MS) return;
      further.push(...(await tryStep(visit, step, deps)));
    }
    visits = further;
  }
}

async function tryStep(visit: Visit, step: Step, deps: ResumeDeps): Promise<Visit[]> {
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

/** Sends on what was parked; a pause may have begun since the lots were sorted. */
async function sendPage({ lot, after, room }: Visit, deps: ResumeDeps): Promise<Visit[]> {
  const { tenant, destination: id } = lot;
  if (await isHeldUp(lot, deps)) return [];
  const destination = baseOf(await deps.catalog(tenant), id);
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
  const written = await deps.lots.release(going, nowMs + AGAIN_MS, deps.ttl);
  const released = going.filter((_, index) => written[index]?.kind === 'written');
  await enqueueAll(packsOf(released, deps.queues), deps.enqueue);
  return released.length;
}

/** What has waited too long ends, page by page: more may be parked in a minute than a page holds. */
async function giveUpOld({ lot, after, room }: Visit, deps: ResumeDeps): Promise<Visit[]> {
  const { parked, next } = await deps.lots.page(lot, deps.now() - MAX_PARKED_MS, after, PAGE);
  const plans = parked.map(({ ref, attempt, channel, since, content, retentionDays, held: seen }) => {
    return { ref, reason: 'expiredInRetry' as const, attempt, channel, since, content, retentionDays, seen };
  });
  await bury(plans, deps, true);
  return next === undefined ? [] : [{ lot, after: next, room }];
}

async function forget(lot: Lot, deps: ResumeDeps): Promise<void> {
  const notedAt = await deps.lots.notedAt(lot);
  if (notedAt !== undefined && deps.now() - notedAt > CALM_MS) await deps.lots.close(lot, notedAt);
}
