import type { CompletionWrite } from '../../core/claim.ts';
import type { Telemetry } from '../../core/metrics.ts';
import { type KeptUntil, longestOf } from '../../core/retention.ts';
import type { Verdict } from '../../core/verdict.ts';
import { forEach } from '../each.ts';
import { PER_COMPLETION } from './claim.ts';
import type { Attempted } from './send.ts';
import type { Claimed } from './work.ts';

export interface CompleteDeps {
  readonly complete: (write: CompletionWrite) => Promise<void>;
  readonly owner: string;
  readonly ttl: KeptUntil;
  readonly now: () => number;
  readonly telemetry: Telemetry;
}

/** Collects what was delivered and writes it down, one record per ten deliveries. */
export interface Completions {
  /** Its send is over. */
  readonly decided: (attempt: Attempted) => void;
  /** Writes records that have news: complete ones, also those with news that may wait no longer, or all. Answers what is now safe. */
  readonly flush: (which: 'complete' | 'due' | 'all') => Promise<Claimed[]>;
  /** How long no news has to be written. */
  readonly dueInMs: () => number;
}

/** No success stays unwritten longer than this while others of its record are under way: a crash would cost it. */
const NEWS_MS = 1_000;

interface Told extends Pick<Extract<Verdict, { kind: 'delivered' }>, 'providerId' | 'among'> {
  readonly work: Claimed;
  readonly ms: number;
}

/** A completion record in the making. */
interface Tally {
  readonly tenant: string;
  readonly k: number;
  /** By their bit. */
  readonly delivered: Map<number, Told>;
  /** Members whose send is not over. */
  open: number;
  /** How many of the delivered ones are written. */
  flushed: number;
  /** When the first of the others was heard of. */
  newsAtMs: number;
}

export function createCompletions(works: readonly Claimed[], deps: CompleteDeps): Completions {
  const tallies = new Map(
    [...Map.groupBy(works, tallyKey)].map(([key, members]): [string, Tally] => {
      const { ref, k } = members[0]!;
      const nothing = { delivered: new Map(), flushed: 0, newsAtMs: Infinity };
      return [key, { tenant: ref.tenant, k, open: members.length, ...nothing }];
    }),
  );

  async function write(tally: Tally): Promise<Claimed[]> {
    const told = [...tally.delivered.values()];
    const before = tally.flushed;
    tally.flushed = told.length;
    tally.newsAtMs = Infinity;
    try {
      await deps.complete(recordOf(tally, deps));
    } catch (error) {
      tally.flushed = before;
      tally.newsAtMs = deps.now();
      throw error;
    }
    return told.map(({ work }) => work);
  }

  return {
    decided({ work, verdict, ms = 0 }) {
      const tally = tallies.get(tallyKey(work))!;
      tally.open--;
      if (verdict.kind === 'delivered') {
        const { providerId, among } = verdict;
        tally.delivered.set(work.i, { work, ms, providerId, among });
        tally.newsAtMs = Math.min(tally.newsAtMs, deps.now());
      }
    },
    async flush(which) {
      const isWanted = ({ open, newsAtMs }: Tally): boolean =>
        which === 'all' || open === 0 || (which === 'due' && dueInMs(newsAtMs, deps) === 0);
      const news = [...tallies.values()].filter(
        (tally) => tally.delivered.size > tally.flushed && isWanted(tally),
      );
      return (await forEach(news, write, 'completion cannot be written', deps)).flat();
    },
    dueInMs: () => Math.min(NEWS_MS, ...[...tallies.values()].map(({ newsAtMs }) => dueInMs(newsAtMs, deps))),
  };
}

function dueInMs(newsAtMs: number, { now }: CompleteDeps): number {
  return Math.max(0, newsAtMs + NEWS_MS - now());
}

function recordOf({ tenant, k, delivered }: Tally, { owner, ttl, now }: CompleteDeps): CompletionWrite {
  const bits = Array.from({ length: PER_COMPLETION }, (_, i) => i);
  const told = [...delivered.values()];
  const ids = [...delivered].flatMap(([i, { providerId }]) => (providerId ? [[i, providerId] as const] : []));
  const completion = {
    n: delivered.size,
    notDelivered: bits.filter((i) => !delivered.has(i)),
    at: now(),
    ms: bits.map((i) => delivered.get(i)?.ms ?? null),
    ...(ids.length > 0 && { providerIds: Object.fromEntries(ids) }),
    ...(told.some(({ among }) => among) && { among: bits.map((i) => delivered.get(i)?.among ?? 1) }),
  };
  // It lasts as long as any of the claims that lead to it.
  const { retentionDays } = longestOf(told.map(({ work }) => work.delivery));
  return { tenant, owner, k, completion, ttl: ttl(retentionDays) };
}

function tallyKey({ ref, k }: Claimed): string {
  return `${ref.tenant}#${k}`;
}
