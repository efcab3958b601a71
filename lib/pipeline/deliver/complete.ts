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
  /** Writes the records that have news: complete ones, or with `all` every one. Answers what is now safe. */
  readonly flush: (all: boolean) => Promise<Claimed[]>;
}

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
}

export function createCompletions(works: readonly Claimed[], deps: CompleteDeps): Completions {
  const tallies = new Map(
    [...Map.groupBy(works, tallyKey)].map(([key, members]): [string, Tally] => {
      const { ref, k } = members[0]!;
      return [key, { tenant: ref.tenant, k, delivered: new Map(), open: members.length, flushed: 0 }];
    }),
  );

  async function write(tally: Tally): Promise<Claimed[]> {
    const told = [...tally.delivered.values()];
    const before = tally.flushed;
    tally.flushed = told.length;
    try {
      await deps.complete(recordOf(tally, deps));
    } catch (error) {
      tally.flushed = before;
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
      }
    },
    async flush(all) {
      const news = [...tallies.values()].filter(
        ({ delivered, flushed, open }) => delivered.size > flushed && (all || open === 0),
      );
      return (await forEach(news, write, 'completion cannot be written', deps)).flat();
    },
  };
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
