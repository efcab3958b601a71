import { costOf, paceOf } from './pace.ts';
import type { Sent, World } from './world.ts';

/** A row of a table of results. */
export type Row = Readonly<Record<string, string | number>>;

/** Pace and cost of all that was sent. */
export function summary(world: World, limit: number): Row {
  return { ...pace(world.sent, limit), ...ratios(world) };
}

/** Pace of one destination. */
export function member(world: World, id: string, limit: number): Row {
  return pace(
    world.sent.filter(({ destination }) => destination === id),
    limit,
  );
}

function pace(sent: readonly Sent[], limit: number): Row {
  const { busiest, use } = paceOf(sent, limit);
  return { sent: sent.length, busiest: `${busiest}/${limit}`, use: use.toFixed(4) };
}

/** Pace of what is sent after an outage, and how even it is: sends of the fullest second to those of the mean one. */
export function drainOf(sent: readonly Sent[], limit: number): Row {
  const seconds = Map.groupBy(sent, ({ atMs }) => Math.floor((atMs - sent[0]!.atMs) / 1_000));
  const fullest = Math.max(...[...seconds.values()].map(({ length }) => length));
  const span = (sent.at(-1)!.atMs - sent[0]!.atMs) / 1_000;
  return { ...pace(sent, limit), fullestToMean: ((fullest * span) / sent.length).toFixed(2) };
}

/** What it cost. */
export function ratios(world: World): Row {
  const { wasted, ...ratio } = costOf(world);
  return {
    ...Object.fromEntries(Object.entries(ratio).map(([name, value]) => [name, value.toFixed(3)])),
    wasted,
  };
}

/** How long sends waited. */
export function waitsOf(sent: readonly Sent[]): Row {
  const sorted = sent.map(({ atMs, sinceMs }) => atMs - sinceMs).toSorted((a, b) => a - b);
  return {
    p50: Math.round(sorted[sorted.length >> 1] ?? NaN),
    p95: Math.round(sorted[Math.floor(sorted.length * 0.95)] ?? NaN),
  };
}
