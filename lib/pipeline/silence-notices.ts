import type { DueEntry } from '../core/due-entry.ts';
import type { Silence } from '../core/silence.ts';
import { nextNoticeMs, noticesOf, silenceNotice } from '../core/silence-notice.ts';
import type { Written } from '../core/written.ts';
import { enqueueOwn } from './own-events.ts';
import type { Enqueue } from './queues.ts';

interface Watch {
  readonly entry: DueEntry;
  readonly silence: string;
  readonly toldMs: number;
  /** When it was found to keep something back. */
  readonly keptMs?: number;
}

export interface NoticeDeps {
  readonly watches: {
    readonly due: (entries: readonly DueEntry[]) => Promise<readonly Watch[]>;
    readonly told: (watch: Watch, toldMs: number, nextMs?: number) => Promise<Written>;
  };
  /** As they stand, not as a snapshot has them. */
  readonly silences: { readonly list: (tenant: string) => Promise<readonly Silence[]> };
  readonly enqueue: Enqueue;
  readonly eventQueues: { readonly normal: string };
  readonly now: () => number;
}

/**
 * Tells of silences that start, end or linger, to those whom they name; whether that was all. Events are enqueued
 * first and noted afterwards; made again they are the same events in the same pack, whose deliveries exist once.
 */
export async function tellOfSilences(entries: readonly DueEntry[], deps: NoticeDeps): Promise<boolean> {
  const due = await deps.watches.due(entries);
  const done = await Promise.all(due.map((watch) => tell(watch, deps)));
  return done.every(Boolean);
}

async function tell(watch: Watch, deps: NoticeDeps): Promise<boolean> {
  const { tenant } = watch.entry;
  const nowMs = deps.now();
  const silence = (await deps.silences.list(tenant)).find(({ id }) => id === watch.silence);
  const wanted = silence?.notify ? silence : undefined;
  const notices = wanted ? noticesOf(wanted, watch.toldMs, nowMs) : [];
  const { enqueue, eventQueues } = deps;
  const safe = await Promise.all(
    notices.map((notice) => {
      const event = silenceNotice(tenant, wanted!, notice, watch.keptMs);
      return enqueueOwn(tenant, [event], { queue: eventQueues.normal, enqueue });
    }),
  );
  if (safe.includes(false)) return false;
  const { kind } = await deps.watches.told(watch, nowMs, wanted && nextNoticeMs(wanted, nowMs));
  return kind !== 'unknown';
}
