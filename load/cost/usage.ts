import { PRICES } from '../../lib/core/prices.ts';

/** What AWS counts and asks money for, and the price of one of each. `compute` is GB-s, `logs` and `egress` are bytes. */
export const PARTS = {
  http: PRICES.httpRequest,
  invocations: PRICES.invocation,
  compute: PRICES.gbSecond,
  queues: PRICES.sqsRequest,
  writes: PRICES.writeUnit,
  reads: PRICES.readUnit,
  logs: PRICES.logByte,
  egress: PRICES.egressByte,
} as const;

export type Part = keyof typeof PARTS;

/** A number for each part: counts, or the dollars they come to. */
export type ByPart = Readonly<Record<Part, number>>;

export const PART_NAMES = Object.keys(PARTS) as Part[];

/** Makes a number for each part. */
export function eachPart(of: (part: Part) => number): ByPart {
  return Object.fromEntries(PART_NAMES.map((part) => [part, of(part)])) as Record<Part, number>;
}

/** Counts of some parts, nothing of the others. */
export function usage(counts: Partial<ByPart>): ByPart {
  return eachPart((part) => counts[part] ?? 0);
}

export function added(all: readonly ByPart[]): ByPart {
  return eachPart((part) => all.reduce((sum, one) => sum + one[part], 0));
}

export function scaled(one: ByPart, by: number): ByPart {
  return eachPart((part) => one[part] * by);
}

/** Dollars of a usage, part by part. */
export function dollarsOf(counts: ByPart, prices: ByPart = PARTS): ByPart {
  return eachPart((part) => counts[part] * prices[part]);
}

/** Sum over the parts; of dollars alone, since counts of different things add up to nothing. */
export function totalOf(dollars: ByPart): number {
  return PART_NAMES.reduce((sum, part) => sum + dollars[part], 0);
}
