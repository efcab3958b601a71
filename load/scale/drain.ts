import type { Growth } from './quotas.ts';

/** Messages that come all at once or over some time, and the runs that take them. */
export interface Burst {
  readonly messages: number;
  /** Over how long they arrive, evenly; 0: at once. */
  readonly overMs: number;
  /** Most messages of a run. */
  readonly batch: number;
  readonly runMs: number;
  readonly growth: Growth;
}

/** A queue at a moment. `arrived` is always `waiting` + `inFlight` + `done`. */
export interface Moment {
  readonly atMs: number;
  readonly arrived: number;
  readonly waiting: number;
  readonly inFlight: number;
  readonly done: number;
  readonly runs: number;
  /** How long the oldest message has waited that no run has taken. */
  readonly oldestMs: number;
}

export interface Drained {
  /** A moment each second, and the last one. */
  readonly moments: readonly Moment[];
  /** First arrival to the end of the last run. */
  readonly drainedMs: number;
  /** Longest that any message waited for a run. */
  readonly oldestMs: number;
  readonly mostRuns: number;
}

const SECOND = 1_000;
/** Arrivals are counted in slices: finer ones draw the same picture. */
const SLICE_MS = 100;

/**
 * A discrete-event simulation of a queue with an event source mapping: messages arrive, as many runs as may go at a
 * time take batches of them in order, and how many may grows while messages wait. A run takes as long as every
 * other, so that runs end in the order in which they began. Nothing fails, nobody throttles.
 */
export function drain(burst: Burst): Drained {
  const { batch, runMs, growth } = burst;
  const arrivals = arrivalsOf(burst);
  const runs: { readonly endsMs: number; readonly messages: number }[] = [];
  const moments: Moment[] = [];
  let [nextArrival, head, taken, nextEnd] = [0, 0, 0, 0];
  let [arrived, waiting, inFlight, done, longestMs, mostRuns, nowMs] = [0, 0, 0, 0, 0, 0, 0];

  const oldestMs = (): number => (waiting > 0 ? nowMs - arrivals[head]!.atMs : 0);
  const moment = (): Moment => {
    const going = runs.length - nextEnd;
    return { atMs: nowMs, arrived, waiting, inFlight, done, runs: going, oldestMs: oldestMs() };
  };
  const take = (): void => {
    longestMs = Math.max(longestMs, oldestMs());
    const messages = Math.min(batch, waiting);
    waiting -= messages;
    inFlight += messages;
    taken += messages;
    while (head < nextArrival && taken >= arrivals[head]!.upTo) head++;
    runs.push({ endsMs: nowMs + runMs, messages });
  };

  for (let sampleMs = 0; ;) {
    for (; nextEnd < runs.length && runs[nextEnd]!.endsMs <= nowMs; nextEnd++) {
      inFlight -= runs[nextEnd]!.messages;
      done += runs[nextEnd]!.messages;
    }
    for (; nextArrival < arrivals.length && arrivals[nextArrival]!.atMs <= nowMs; nextArrival++) {
      const came = arrivals[nextArrival]!.upTo - arrived;
      arrived += came;
      waiting += came;
    }
    const free = runsAt(nowMs, growth) - (runs.length - nextEnd);
    const wanted = Math.min(free, Math.ceil(waiting / batch));
    for (let run = 0; run < wanted; run++) take();
    mostRuns = Math.max(mostRuns, runs.length - nextEnd);
    if (nowMs >= sampleMs) {
      moments.push(moment());
      sampleMs = nowMs + SECOND - (nowMs % SECOND);
    }
    const next = [arrivals[nextArrival]?.atMs, runs[nextEnd]?.endsMs].filter((at) => at !== undefined);
    if (next.length === 0) break;
    // While messages wait, another run may begin each second.
    const growsMs = nowMs + SECOND - (nowMs % SECOND);
    nowMs = Math.min(...next, ...(waiting > 0 ? [growsMs] : []), sampleMs);
  }
  if (moments.at(-1)?.atMs !== nowMs) moments.push(moment());
  return { moments, drainedMs: nowMs, oldestMs: longestMs, mostRuns };
}

/** Runs that may go at a time. AWS gives the growth by the minute; here it comes second by second. */
function runsAt(nowMs: number, { start, perMinute, most }: Growth): number {
  return Math.min(most, Math.floor(start + (perMinute / 60) * Math.floor(nowMs / SECOND)));
}

/** When how many have arrived in all. */
function arrivalsOf({ messages, overMs }: Burst): { readonly atMs: number; readonly upTo: number }[] {
  const slices = Math.max(1, Math.ceil(overMs / SLICE_MS));
  return Array.from({ length: slices }, (_, slice) => ({
    atMs: slice * SLICE_MS,
    upTo: Math.round((messages * (slice + 1)) / slices),
  })).filter(({ upTo }, at, all) => upTo > (all[at - 1]?.upTo ?? 0));
}
