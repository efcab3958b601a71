import { growthOf } from '../soak/memory.ts';
import type { Emitted } from './emitted.ts';
import type { Summary } from './histogram.ts';
import type { Result, Sample } from './result.ts';
import type { Scenario } from './scenario.ts';
import type { PartSummary, Second } from './tally.ts';
import { type Seen, openOf, wantedOf } from './watch.ts';

/** What a run found out. */
export type Measured = Pick<
  Result,
  'interrupted' | 'values' | 'flows' | 'stages' | 'arrivals' | 'faults' | 'seconds' | 'samples'
>;

export interface Evidence extends Seen {
  /** End of the load, epoch ms. */
  readonly endMs: number;
  /** Deliveries that are dead or discarded. */
  readonly ended: number;
  readonly emitted: Emitted | undefined;
  readonly samples: readonly Sample[];
}

/** Summaries of flows and of stages with names. */
export function partsOf({ stages }: Scenario, { tally }: Evidence): Pick<Measured, 'flows' | 'stages'> {
  const byStage = tally.stages();
  return {
    flows: tally.flows(),
    stages: stages.flatMap(({ name }, index) => {
      const part = byStage.get(index);
      return name !== undefined && part ? [{ ...part, name }] : [];
    }),
  };
}

/** Every figure that this run could measure, by the name that criteria have for it. */
export function valuesOf(scenario: Scenario, evidence: Evidence): Record<string, number> {
  const { tally } = evidence;
  const { flows, stages } = partsOf(scenario, evidence);
  const firstByte = tally.firstByte();
  const connect = tally.connect();
  return {
    ...requestValues(tally.all()),
    ...eventValues(evidence),
    ...(firstByte && { 'firstByte.p95': firstByte.p95 }),
    ...(connect && { 'requests.connect.p95': connect.p95 }),
    ...degradationOf(tally.seconds()),
    ...limitOf(tally.seconds()),
    ...deliveryValues(evidence),
    ...localValues(evidence),
    ...Object.fromEntries([...flows, ...stages].flatMap(partValues)),
  };
}

function requestValues(all: PartSummary): Record<string, number> {
  if (all.sent === 0) return { 'requests.sent': 0 };
  return {
    'requests.sent': all.sent,
    'requests.failedShare': (all.failed + all.timedOut) / all.sent,
    'requests.refusedShare': all.refused / all.sent,
    'requests.refused': all.refused,
    'requests.timedOutShare': all.timedOut / all.sent,
    'requests.perSecond': all.perSecond,
    ...percentiles('latency', all.latency),
  };
}

function percentiles(name: string, summary: Summary | undefined): Record<string, number> {
  const { count: _, ...values } = summary ?? { count: 0 };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${name}.${key}`, value]));
}

/** Accepted events a second of the time in which they were, which is never shorter than the load. */
function eventValues({ tally, maker, startMs, endMs }: Evidence): Record<string, number> {
  const accepted = maker.posted.filter((one) => one.accepted).length;
  if (maker.posted.length === 0) return {};
  const { sent, perSecond } = tally.all();
  const seconds = Math.max((endMs - startMs) / 1_000, sent === 0 ? 0 : sent / perSecond);
  return { 'events.accepted': accepted, 'events.perSecond': accepted / seconds };
}

function deliveryValues(evidence: Evidence): Record<string, number> {
  const { arrivals, ended, endMs } = evidence;
  const wanted = wantedOf(evidence);
  if (!arrivals || wanted === 0) return {};
  const arrived = arrivals.arrived();
  const spread = arrivals.spread();
  return {
    'deliveries.wanted': wanted,
    'deliveries.arrived': arrived,
    'deliveries.missing': openOf(evidence) - ended,
    'deliveries.duplicates': arrivals.duplicates(),
    'deliveries.ended': ended,
    'deliveries.successShare': (wanted - openOf(evidence)) / wanted,
    'deliveries.attempts': (arrived + arrivals.duplicates() + arrivals.refused()) / wanted,
    'deliveries.inOneSecond': arrivals.inOneSecond(),
    'gap.max': arrivals.longestGap(),
    ...(spread !== undefined && { 'deliveries.spread': spread }),
    ...percentiles('delivery', arrivals.all()),
    'drain.time': Math.max(0, (arrivals.lastMs() ?? endMs) - endMs),
  };
}

function localValues({ emitted, samples, startMs, endMs }: Evidence): Record<string, number> {
  if (!emitted) return {};
  const load = samples.filter(({ second }) => second * 1_000 <= endMs - startMs);
  const growth = growthOf(load.map(({ stackMiB }) => new Map([['stack', stackMiB]])));
  return {
    'metrics.delivered': emitted.sums['Delivered'] ?? 0,
    'metrics.unread': emitted.unread,
    'functions.failed': emitted.failed,
    ...(load.length >= ENOUGH && { 'memory.growth': growth.share }),
  };
}

/** Samples that quarters can be made of. */
const ENOUGH = 12;

function degradationOf(seconds: readonly Second[]): Record<string, number> {
  const busy = seconds.filter(({ meant }) => meant > 0);
  if (busy.length < ENOUGH) return {};
  const quarter = Math.floor(busy.length / 4);
  const [early, late] = [median(busy.slice(quarter, 2 * quarter)), median(busy.slice(-quarter))];
  return early > 0 ? { 'latency.degradation': late / early } : {};
}

/** A second that nobody would call served: answers come late, or some do not come. */
function isBroken({ meant, failed, p95 }: Second): boolean {
  return meant > 0 && (p95 > 1_000 || failed > meant / 100);
}

/** So many in a row are no accident. */
const BROKEN_SECONDS = 3;

/** The most that it kept up with before it broke; nothing where it did not break. */
export function limitOf(seconds: readonly Second[]): Record<string, number> {
  const brokeAt = seconds.findIndex((_, at) => {
    const next = seconds.slice(at, at + BROKEN_SECONDS);
    return next.length === BROKEN_SECONDS && next.every(isBroken);
  });
  if (brokeAt < 0) return {};
  return { 'limit.perSecond': Math.max(0, ...seconds.slice(0, brokeAt).map(({ meant }) => meant)) };
}

function median(part: readonly Second[]): number {
  return part.map(({ p50 }) => p50).toSorted((a, b) => a - b)[Math.floor(part.length / 2)] ?? 0;
}

function partValues({ name, sent, failed, timedOut, refused, perSecond, latency }: PartSummary) {
  const values = {
    failedShare: (failed + timedOut) / sent,
    refusedShare: refused / sent,
    perSecond,
    ...(latency && { p50: latency.p50, p95: latency.p95, p99: latency.p99, max: latency.max }),
  };
  return Object.entries(values).map(([key, value]) => [`${name}.${key}`, value] as const);
}
