import type { CompletionWrite } from '../../core/claim.ts';
import { PER_COMPLETION } from './claim.ts';
import type { Claimed } from './work.ts';

export interface CompleteDeps {
  readonly complete: (write: CompletionWrite) => Promise<void>;
  readonly owner: string;
  readonly ttl: () => number;
  readonly now: () => number;
}

/** Collects what was delivered and writes it down, one record per ten deliveries. */
export interface Completions {
  /** Its send is over; `delivered` says whether the completion record is to tell so. */
  decided(work: Claimed, delivered: boolean, ms: number, providerId?: string): void;
  /** Writes the records that have news: complete ones, or with `all` every one. Answers what is now safe. */
  flush(all: boolean): Promise<Claimed[]>;
}

interface Record {
  readonly tenant: string;
  readonly k: number;
  readonly members: readonly Claimed[];
  readonly delivered: Map<number, { work: Claimed; ms: number; providerId: string | undefined }>;
  open: number;
  flushed: number;
}

export function createCompletions(works: readonly Claimed[], deps: CompleteDeps): Completions {
  const records = new Map<string, Record>();
  for (const [key, members] of Map.groupBy(works, recordKey)) {
    const [{ ref, k }] = members as [Claimed];
    records.set(key, {
      tenant: ref.tenant,
      k,
      members,
      delivered: new Map(),
      open: members.length,
      flushed: 0,
    });
  }

  async function write(record: Record): Promise<Claimed[]> {
    const { tenant, k } = record;
    const told = [...record.delivered.values()];
    const ms: (number | null)[] = Array.from({ length: PER_COMPLETION }, () => null);
    const notDelivered = ms.map((_, i) => i).filter((i) => !record.delivered.has(i));
    for (const { work, ms: took } of told) ms[work.i] = took;
    const ids = told.flatMap(({ work, providerId }) => (providerId ? [[String(work.i), providerId]] : []));
    const providerIds =
      ids.length > 0 ? { providerIds: Object.fromEntries(ids) as { [i: string]: string } } : {};
    const completion = { n: told.length, notDelivered, at: deps.now(), ms, ...providerIds };
    const before = record.flushed;
    record.flushed = told.length;
    try {
      await deps.complete({ tenant, owner: deps.owner, k, completion, ttl: deps.ttl() });
    } catch (error) {
      record.flushed = before;
      throw error;
    }
    return told.map(({ work }) => work);
  }

  return {
    decided(work, delivered, ms, providerId) {
      const record = records.get(recordKey(work)) as Record;
      record.open--;
      if (delivered) record.delivered.set(work.i, { work, ms, providerId });
    },
    async flush(all) {
      const news = [...records.values()].filter(
        ({ delivered, flushed, open }) => delivered.size > flushed && (all || open === 0),
      );
      const written = await Promise.allSettled(news.map(write));
      return written.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    },
  };
}

function recordKey({ ref, k }: Claimed): string {
  return `${ref.tenant}#${k}`;
}
