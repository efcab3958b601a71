import type { InboxEntry } from '../../cdk/local/twin/inbox-view.ts';
import type { Posted } from './events.ts';
import { type Summary, type Times, createTimes, summaryOf } from './histogram.ts';

/** What the providers have received of a run. */
export interface Arrivals {
  /** Looks at what has come since the last look. */
  readonly look: () => Promise<void>;
  /** Pairs of event and destination. */
  readonly arrived: () => number;
  /** Destinations at which an event has arrived, by its number. */
  readonly of: (n: number) => number;
  readonly duplicates: () => number;
  /** Requests for events of this run that a provider did not take. */
  readonly refused: () => number;
  /** Epoch ms of the last pair that was new. */
  readonly lastMs: () => number | undefined;
  readonly all: () => Summary | undefined;
  readonly byChannelAndLane: () => ArrivalSummary[];
  /** Most arrivals at one destination within any second, duplicates and refusals too. */
  readonly inOneSecond: () => number;
  /** Longest time without an arrival, from the first to the last at the busiest destination, ms. */
  readonly longestGap: () => number;
  /** Arrivals at the busiest destination over those at the quietest. */
  readonly spread: () => number | undefined;
}

export interface ArrivalSummary {
  readonly channel: string;
  readonly lane: string;
  readonly latency: Summary;
}

type Entry = Pick<InboxEntry, 'id' | 'at' | 'channel' | 'destination' | 'verdict' | 'raw' | 'body'>;

/** Reads the inbox of the twin again and again, and finds the events of a run in it by their marks. */
export function watchArrivals(
  run: string,
  posted: readonly Posted[],
  read: (afterMs: number) => Promise<readonly Entry[]>,
): Arrivals {
  const mark = new RegExp(`${run}x(\\d+)x`, 'g');
  const seen = new Set<string>();
  const times = new Map<string, { channel: string; lane: string; times: Times }>();
  /** Moments of all requests, by destination. */
  const moments = new Map<string, number[]>();
  const taken = new Map<string, number>();
  const byEvent: number[] = [];
  let duplicates = 0;
  let refused = 0;
  let lastMs: number | undefined;
  let lastId = 0;
  let lastSeenMs = 0;

  function note(entry: Entry): void {
    const atMs = Date.parse(entry.at);
    lastId = entry.id;
    lastSeenMs = atMs;
    const place = `${entry.channel} ${entry.destination}`;
    const text = entry.raw.includes(run) ? entry.raw : JSON.stringify(entry.body);
    const numbers = new Set(Array.from(text.matchAll(mark), ([, n]) => Number(n)));
    if (numbers.size === 0) return;
    const own = moments.get(place) ?? [];
    moments.set(place, own);
    own.push(atMs);
    if (entry.verdict !== 'accepted') {
      refused++;
      return;
    }
    for (const n of numbers) {
      const pair = `${n} ${place}`;
      if (seen.has(pair)) {
        duplicates++;
        continue;
      }
      seen.add(pair);
      taken.set(place, (taken.get(place) ?? 0) + 1);
      byEvent[n] = (byEvent[n] ?? 0) + 1;
      lastMs = atMs;
      const { meantMs = atMs, lane = 'normal' } = posted[n] ?? {};
      const key = `${entry.channel} ${lane}`;
      const group = times.get(key) ?? { channel: entry.channel, lane, times: createTimes() };
      times.set(key, group);
      group.times.record(atMs - meantMs);
    }
  }

  return {
    async look() {
      // Of the last millisecond there may be more.
      for (const entry of await read(Math.max(0, lastSeenMs - 1))) if (entry.id > lastId) note(entry);
    },
    arrived: () => seen.size,
    of: (n) => byEvent[n] ?? 0,
    duplicates: () => duplicates,
    refused: () => refused,
    lastMs: () => lastMs,
    all() {
      const together = createTimes();
      for (const group of times.values()) together.add(group.times);
      return summaryOf(together);
    },
    byChannelAndLane: () =>
      [...times.values()].flatMap(({ channel, lane, times: own }) => {
        const latency = summaryOf(own);
        return latency ? [{ channel, lane, latency }] : [];
      }),
    inOneSecond: () => Math.max(0, ...[...moments.values()].map(mostInOneSecond)),
    longestGap() {
      const [busiest = []] = [...moments.values()].toSorted((a, b) => b.length - a.length);
      return busiest.reduce((longest, at, n) => Math.max(longest, at - (busiest[n - 1] ?? at)), 0);
    },
    spread() {
      const counts = [...taken.values()];
      return counts.length === 0 ? undefined : Math.max(...counts) / Math.min(...counts);
    },
  };
}

/** Most of these moments, which are in order, that lie within less than a second. */
export function mostInOneSecond(moments: readonly number[]): number {
  let most = 0;
  let from = 0;
  for (const [at, moment] of moments.entries()) {
    while ((moments[from] ?? moment) <= moment - 1_000) from++;
    most = Math.max(most, at - from + 1);
  }
  return most;
}
