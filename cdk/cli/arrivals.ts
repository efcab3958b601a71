import type { InboxEntry } from '../local/twin/inbox-view.ts';

/** What of a run has arrived at the twin. */
export interface Arrivals {
  /** Different pairs of event and destination. */
  readonly delivered: number;
  /** Further arrivals of a pair. */
  readonly duplicates: number;
  /** Destination -> numbers of the events that arrived there. */
  readonly byDestination: ReadonlyMap<string, ReadonlySet<number>>;
}

/** Mark of one event of a run, found again in whatever a channel makes of it: letters and digits only. */
export function markOf(run: string, n: number): string {
  return `${run}x${n}x`;
}

type Arrived = Pick<InboxEntry, 'channel' | 'destination' | 'verdict' | 'raw' | 'body'>;

/** Counts the marks of a run in the twin's inbox. One entry may carry several events, each counts once. */
export function countArrivals(run: string, inbox: readonly Arrived[]): Arrivals {
  const mark = new RegExp(`${run}x(\\d+)x`, 'g');
  const byDestination = new Map<string, Set<number>>();
  let duplicates = 0;
  for (const { channel, destination, verdict, raw, body } of inbox) {
    if (verdict !== 'accepted') continue;
    const key = `${channel} ${destination}`;
    const seen = byDestination.get(key) ?? new Set<number>();
    byDestination.set(key, seen);
    const text = raw.includes(run) ? raw : JSON.stringify(body ?? raw);
    const numbers = new Set([...text.matchAll(mark)].map(([, n]) => Number(n)));
    for (const n of numbers) {
      if (seen.has(n)) duplicates += 1;
      seen.add(n);
    }
  }
  const delivered = [...byDestination.values()].reduce((sum, numbers) => sum + numbers.size, 0);
  return { delivered, duplicates, byDestination };
}
