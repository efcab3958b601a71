import { BUNDLES } from '../../cdk/functions.ts';
import { PACK_MAX_DELIVERIES } from '../../lib/core/message.ts';
import { MAX_IN_FLIGHT } from '../../lib/pipeline/deliver/send-limits.ts';
import type { ByPart } from '../cost/usage.ts';
import { dollarsOf, totalOf } from '../cost/usage.ts';
import type { ProfileName } from '../cost/run.ts';

/** What a stack has to carry. */
export interface Demand {
  /** Deliveries a second. */
  readonly rate: number;
  /** How long a provider takes to answer. */
  readonly latencyMs: number;
  /** Deliveries of one event. */
  readonly fanOut: number;
  /** How events are posted. */
  readonly profile: ProfileName;
  /** How long a delivery may wait in a queue. */
  readonly waitSeconds: number;
}

/** Messages that a run is given (`BatchSize`). */
const BATCH = 10;
/** Events of a post, and deliveries of a message where the events of a post go the same ways. */
const SHAPES: Readonly<Record<ProfileName, { readonly perPost: number; readonly perMessage: number }>> = {
  single: { perPost: 1, perMessage: 1 },
  batch: { perPost: 10, perMessage: 10 },
  burst: { perPost: 100, perMessage: PACK_MAX_DELIVERIES },
};
/**
 * How long a run takes beside waiting for providers, on 512 MB of arm64. Estimates, never measured on Lambda: a few
 * calls to DynamoDB and SQS one after the other, and 0.3 of a processor.
 */
const RUN_MS = { ingest: 10, fanOut: 20, fanOutEvent: 0.4, deliver: 60 } as const;
/** Buffers for each queue are made three times as large as what is under way by the formula (seed F42). */
const SAFETY = 3;
const MONTH_SECONDS = 30 * 86_400;
/** One write books the slots of a run, so a scope takes far more sends than its item takes writes. */
export const SENDS_PER_SCOPE = 5_000;

/** What it takes. Numbers are as they come out, not rounded: whoever sets a limit rounds up. */
export interface Capacity {
  readonly events: number;
  readonly requests: number;
  readonly messages: number;
  readonly runs: { readonly ingest: number; readonly fanOut: number; readonly deliver: number };
  /** Write units a second of the ledger. */
  readonly writes: number;
  /** Partitions that many writes need at least. */
  readonly partitions: number;
  /** Records of packs a second: those of one topic of one tenant share a partition. */
  readonly packRecords: number;
  /** Scopes of limits that the sends have to be spread over. */
  readonly scopes: number;
  /** Messages in flight. */
  readonly inFlight: number;
  /** Deliveries under way by the formula, with its safety, in each of so many queues. */
  readonly bufferOf: (queues: number) => number;
  /** Deliveries that may wait: the last of them is sent in time. */
  readonly backlog: number;
  /** Age of the oldest message at which to ring: half the time is left. */
  readonly alarmSeconds: number;
  readonly dollarsPerMillion: number;
  readonly dollarsPerMonth: number;
}

/** Time of a run that delivers, ms: its deliveries go out a few at a time. */
export function deliverRunMs({ latencyMs, profile }: Pick<Demand, 'latencyMs' | 'profile'>): number {
  const deliveries = BATCH * SHAPES[profile].perMessage;
  return RUN_MS.deliver + Math.ceil(deliveries / MAX_IN_FLIGHT) * latencyMs;
}

/** Runs that deliver at a time: rate x latency / what a run does at a time, plus what a run costs by itself (seed F40). */
export function deliverRuns(demand: Demand): number {
  const perRun = BATCH * SHAPES[demand.profile].perMessage;
  return (demand.rate / perRun) * (deliverRunMs(demand) / 1_000);
}

/** The other way round: deliveries a second that so many runs at a time carry. */
export function rateOf(runs: number, demand: Pick<Demand, 'latencyMs' | 'profile'>): number {
  const perRun = BATCH * SHAPES[demand.profile].perMessage;
  return (runs * perRun * 1_000) / deliverRunMs(demand);
}

/** `used`: what a delivery used when it was counted (`npm run cost`). */
export function capacityFor(demand: Demand, used: ByPart): Capacity {
  const { rate, latencyMs, fanOut, profile, waitSeconds } = demand;
  const { perPost, perMessage } = SHAPES[profile];
  const events = rate / fanOut;
  const requests = events / perPost;
  const fanOutEvents = perPost * BATCH;
  const fanOutRuns = events / fanOutEvents;
  const runs = {
    ingest: (requests * RUN_MS.ingest) / 1_000,
    fanOut: (fanOutRuns * (RUN_MS.fanOut + fanOutEvents * RUN_MS.fanOutEvent)) / 1_000,
    deliver: deliverRuns(demand),
  };
  const writes = rate * used.writes;
  const dollars = totalOf(dollarsOf({ ...used, compute: gbSeconds(runs) / rate }));
  return {
    events,
    requests,
    messages: rate / perMessage,
    runs,
    writes,
    partitions: writes / 1_000,
    packRecords: requests,
    scopes: rate / SENDS_PER_SCOPE,
    inFlight: runs.deliver * BATCH,
    bufferOf: (queues) => (SAFETY * rate * (latencyMs / 1_000)) / queues,
    backlog: rate * waitSeconds,
    alarmSeconds: waitSeconds / 2,
    dollarsPerMillion: dollars * 1e6,
    dollarsPerMonth: dollars * rate * MONTH_SECONDS,
  };
}

/** GB-s a second. */
function gbSeconds({ ingest, fanOut, deliver }: Capacity['runs']): number {
  const mb =
    ingest * BUNDLES.ingest.memoryMb +
    fanOut * BUNDLES['fan-out'].memoryMb +
    deliver * BUNDLES.deliver.memoryMb;
  return mb / 1_024;
}
