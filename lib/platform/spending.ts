import { PRICES } from '../core/prices.ts';
import { readOptionalEnv } from './env.ts';

/** What starts a run, each with requests of its own: the post, or a receive and a delete of the mapping. */
export type Trigger = 'http' | 'queue' | 'schedule';

const TRIGGER: Readonly<Record<Trigger, number>> = {
  http: PRICES.httpRequest,
  queue: 2 * PRICES.sqsRequest,
  // EventBridge Scheduler, $1.00 per million (aws.amazon.com/eventbridge/pricing).
  schedule: 1e-6,
};

/** Whether anybody is told what a run costs; where nobody is, nothing counts it. */
export function isCounted(): boolean {
  return readOptionalEnv('observability') === 'full';
}

/** Dollars since they were taken last. An execution environment does one run at a time, so they are of that run. */
let dollars = 0;

/** Adds so many of something to what the run at hand costs. */
export function spend(count: number, price: number): void {
  dollars += count * price;
}

/** What a run that took so long came to, in millionths of a dollar; what follows belongs to the next one. */
export function takeSpent(trigger: Trigger, ms: number, memoryMb: number): number {
  const gbSeconds = (Math.ceil(ms) / 1_000) * (memoryMb / 1_024);
  const spent = dollars + PRICES.invocation + TRIGGER[trigger] + gbSeconds * PRICES.gbSecond;
  dollars = 0;
  return Number((spent * 1e6).toFixed(3));
}
