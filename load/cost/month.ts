import type { Template } from '../../test/cdk/idle-bill.ts';
import { idleBill } from '../../test/cdk/idle-bill.ts';
import { parseSettings } from '../../cdk/settings.ts';
import { METRICS, type Metric } from '../../lib/core/metrics.ts';

/** CloudWatch: a series of one's own, each month in which it is written to. */
const SERIES = 0.3;

/** What a stack costs in a month before it has sent anything, and what comes on top with the first delivery. */
export interface Fixed {
  readonly idle: number;
  /** Dollars by type of resource. */
  readonly by: Readonly<Record<string, number>>;
  /** Series of Fanfare's own metrics: one that is not written to costs nothing. */
  readonly series: number;
}

export function fixedOf(template: Template): Fixed {
  const { total, by } = idleBill(template);
  return { idle: total, by, series: leanSeries() * SERIES };
}

/** Series of a lean stack with its default channels. */
function leanSeries(): number {
  const channels = parseSettings({}).channels.length;
  return Object.values<Metric>(METRICS)
    .filter(({ lean }) => lean)
    .reduce((sum, { per }) => sum + (per === 'Channel' ? channels : 1), 0);
}

/** Dollars of a month with so many deliveries: requests have one price however many there are, the rest is fixed. */
export function monthOf(perDelivery: number, volume: number, { idle, series }: Fixed): number {
  return perDelivery * volume + idle + (volume > 0 ? series : 0);
}

/** Why a real month differs from the one computed. */
export const NOT_LINEAR: readonly string[] = [
  'a busy stack fills its batches: claims, completion records and invocations are shared by more deliveries, and each costs less',
  'computing is the time of this machine; on Lambda it depends on memory, and on how long providers take to answer',
  'volume discounts begin far up: SQS at 100 billion requests, Lambda at 7.5 billion GB-s, traffic and logs at 10 TB a month',
  'not counted: what tables and logs keep ($0.25 and $0.03 per GB and month), free tiers, retries, KMS keys, a domain',
];
