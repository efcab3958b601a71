import type { FunctionStats } from '../../cdk/local/stats.ts';
import { PRICES } from '../../lib/core/prices.ts';
import { type ByPart, PARTS, added, dollarsOf, scaled, totalOf, usage } from './usage.ts';

/** Where money is spent on the way of an event. */
export const HOPS = ['api', 'ingest', 'fan-out', 'deliver', 'rest'] as const;

export type Hop = (typeof HOPS)[number];

/** Which stack a function belongs to: both run on the same machine, through the same queues and tables. */
export type Side = 'fanfare' | 'naive';

const LABELS: Readonly<Record<Side, readonly (readonly [RegExp, Hop])[]>> = {
  fanfare: [
    [/^Ingest$/, 'ingest'],
    [/^Events/, 'fan-out'],
    [/^Deliver/, 'deliver'],
    // Management, timers, dead letters. What they cost while nothing happens is in the bill of an idle stack.
    [/^(?!Naive)/, 'rest'],
  ],
  naive: [
    [/^NaiveReceiver$/, 'ingest'],
    [/^NaiveRouter$/, 'fan-out'],
    [/^NaiveSender$/, 'deliver'],
  ],
};

/** The naive stack uses no message groups, and pays less for a queue. */
export const PRICES_OF: Readonly<Record<Side, ByPart>> = {
  fanfare: PARTS,
  naive: { ...PARTS, queues: PRICES.sqsStandardRequest },
};

/** What a run used, of all its deliveries together. */
export interface Count {
  readonly side: Side;
  readonly deliveries: number;
  readonly hops: Readonly<Record<Hop, ByPart>>;
  /** AWS calls of the functions that deliver. */
  readonly deliverCalls: number;
}

export interface Ran {
  readonly deliveries: number;
  /** Posts to the API. */
  readonly posts: number;
  /** What went out to providers. */
  readonly egressBytes: number;
  readonly memoryMb: (label: string) => number;
}

/** The hop of a function, where it belongs to that side. */
export function hopOf(label: string, side: Side): Hop | undefined {
  return LABELS[side].find(([pattern]) => pattern.test(label))?.[1];
}

/** Sorts what the local stack counted by function into hops. A function that did not run only polled: that is idle cost. */
export function countOf(functions: Readonly<Record<string, FunctionStats>>, side: Side, ran: Ran): Count {
  const used = Object.entries(functions).filter(([, { invocations }]) => invocations > 0);
  const at = (hop: Hop) => used.filter(([label]) => hopOf(label, side) === hop);
  const of = (hop: Hop): ByPart =>
    added(at(hop).map(([label, stats]) => usageOfFunction(stats, ran.memoryMb(label))));
  return {
    side,
    deliveries: ran.deliveries,
    deliverCalls: at('deliver').reduce((sum, [, { calls }]) => sum + calls, 0),
    hops: {
      api: usage({ http: ran.posts }),
      ingest: of('ingest'),
      'fan-out': of('fan-out'),
      deliver: added([of('deliver'), usage({ egress: ran.egressBytes })]),
      rest: of('rest'),
    },
  };
}

/** What one function used: `mappingRequests` are those of the event source mapping in front of it. */
export function usageOfFunction(stats: FunctionStats, memoryMb: number): ByPart {
  return usage({
    invocations: stats.invocations,
    compute: (stats.billedMs / 1_000) * (memoryMb / 1_024),
    queues: stats.sqsRequests + stats.mappingRequests,
    writes: stats.writeUnits,
    reads: stats.readUnits,
    logs: stats.logBytes,
  });
}

/** Of one delivery, over all hops. */
export function perDelivery({ hops, deliveries }: Count): ByPart {
  return scaled(added(HOPS.map((hop) => hops[hop])), 1 / deliveries);
}

/** Dollars of a million deliveries, part by part; of one hop, or of all. */
export function perMillion(count: Count, hop?: Hop): ByPart {
  const used = hop === undefined ? perDelivery(count) : scaled(count.hops[hop], 1 / count.deliveries);
  return scaled(dollarsOf(used, PRICES_OF[count.side]), 1e6);
}

export function dollarsPerMillion(count: Count): number {
  return totalOf(perMillion(count));
}
