import { type Summary, type Times, createTimes, summaryOf } from './histogram.ts';

/** How a request ended. `refused` is 429; `timedOut` is a failure, too. */
export type Ending = 'ok' | 'refused' | 'failed' | 'timedOut';

export interface Answered {
  readonly flow: string;
  /** Index of its stage. */
  readonly stage: number;
  /** When it was meant to be sent; times are counted from there. Epoch ms, like the others. */
  readonly meantMs: number;
  readonly firstByteMs?: number | undefined;
  /** How long its connection took, if it was a new one. */
  readonly connectMs?: number | undefined;
  readonly endedMs: number;
  readonly ending: Ending;
}

export interface PartSummary {
  readonly name: string;
  readonly sent: number;
  readonly ok: number;
  readonly refused: number;
  readonly failed: number;
  readonly timedOut: number;
  /** Answers a second between the first request and the last answer. */
  readonly perSecond: number;
  readonly latency?: Summary;
}

/** One second of a run, by the time that requests were meant to be sent in it. */
export interface Second {
  readonly second: number;
  readonly meant: number;
  /** Answers that ended in it. */
  readonly answered: number;
  readonly failed: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Counts and times of all requests, by flow, by stage and by second. */
export interface Tally {
  readonly record: (answered: Answered) => void;
  readonly all: () => PartSummary;
  readonly flows: () => PartSummary[];
  /** By index; stages in which nothing was sent are absent. */
  readonly stages: () => Map<number, PartSummary>;
  readonly firstByte: () => Summary | undefined;
  readonly connect: () => Summary | undefined;
  readonly seconds: () => Second[];
}

interface Part {
  readonly times: Times;
  readonly counts: Record<Ending, number>;
  firstMs: number;
  lastMs: number;
}

export function createTally(startMs: number): Tally {
  const flows = new Map<string, Part>();
  const stages = new Map<number, Part>();
  const firstByte = createTimes();
  const connect = createTimes();
  const meant = new Map<number, { latencies: number[]; failed: number }>();
  const answered = new Map<number, number>();

  return {
    record({ flow, stage, meantMs, firstByteMs, connectMs, endedMs, ending }) {
      const ms = endedMs - meantMs;
      for (const part of [at(flows, flow, newPart), at(stages, stage, newPart)]) {
        part.times.record(ms);
        part.counts[ending]++;
        part.firstMs = Math.min(part.firstMs, meantMs);
        part.lastMs = Math.max(part.lastMs, endedMs);
      }
      if (firstByteMs !== undefined) firstByte.record(firstByteMs - meantMs);
      if (connectMs !== undefined) connect.record(connectMs);
      const second = at(meant, secondOf(meantMs, startMs), () => ({ latencies: [], failed: 0 }));
      second.latencies.push(ms);
      if (ending !== 'ok') second.failed++;
      const end = secondOf(endedMs, startMs);
      answered.set(end, (answered.get(end) ?? 0) + 1);
    },
    all: () => summary('all', merged([...flows.values()])),
    flows: () => [...flows].map(([name, part]) => summary(name, part)),
    stages: () => new Map([...stages].map(([index, part]) => [index, summary(String(index), part)])),
    firstByte: () => summaryOf(firstByte),
    connect: () => summaryOf(connect),
    seconds() {
      const last = Math.max(-1, ...meant.keys(), ...answered.keys());
      return Array.from({ length: last + 1 }, (_, second) => {
        const { latencies = [], failed = 0 } = meant.get(second) ?? {};
        const sorted = latencies.toSorted((a, b) => a - b);
        const [p50 = 0, p95 = 0, p99 = 0] = [0.5, 0.95, 0.99].map((share) => rank(sorted, share));
        return { second, meant: sorted.length, answered: answered.get(second) ?? 0, failed, p50, p95, p99 };
      });
    },
  };
}

function newPart(): Part {
  const counts = { ok: 0, refused: 0, failed: 0, timedOut: 0 };
  return { times: createTimes(), counts, firstMs: Infinity, lastMs: -Infinity };
}

function merged(parts: readonly Part[]): Part {
  const all = newPart();
  for (const { times, counts, firstMs, lastMs } of parts) {
    all.times.add(times);
    for (const ending of Object.keys(counts) as Ending[]) all.counts[ending] += counts[ending];
    all.firstMs = Math.min(all.firstMs, firstMs);
    all.lastMs = Math.max(all.lastMs, lastMs);
  }
  return all;
}

function summary(name: string, { times, counts, firstMs, lastMs }: Part): PartSummary {
  const sent = times.count();
  const latency = summaryOf(times);
  const seconds = (lastMs - firstMs) / 1_000;
  return { name, sent, ...counts, perSecond: sent === 0 ? 0 : sent / seconds, ...(latency && { latency }) };
}

/** The smallest value that so large a share is not above, to a hundredth of a millisecond. */
function rank(sorted: readonly number[], share: number): number {
  return Math.round((sorted[Math.ceil(sorted.length * share) - 1] ?? 0) * 100) / 100;
}

function secondOf(ms: number, startMs: number): number {
  return Math.max(0, Math.floor((ms - startMs) / 1_000));
}

function at<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
