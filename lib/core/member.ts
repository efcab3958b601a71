import { canonicalHash } from './canonical.ts';
import type { Event } from './event.ts';
import type { Incident } from './incident.ts';
import type { DeliveryMode } from './mode.ts';
import type { Notification } from './notification.ts';
import type { Severity } from './severity.ts';
import { truncate } from './text.ts';

/** What a window keeps of one event: enough for its line in a digest. */
export interface Member {
  readonly event: string;
  /** Absent: a release before wrote it. */
  readonly topic?: string;
  /** When it happened, epoch ms. */
  readonly atMs: number;
  readonly title: string;
  /** The first line of its text. */
  readonly text: string;
  readonly severity?: Severity;
  readonly urgent?: true;
  /** Alerts only: whether it began or ended, and what it is the beginning or the end of. */
  readonly status?: 'firing' | 'resolved';
  readonly key?: string;
  /** Absent: at least once. */
  readonly mode?: DeliveryMode;
  readonly expiresAtMs?: number;
  readonly retentionDays?: number;
  /** What it tells of, should it be alone. */
  readonly incident?: Incident;
}

/** In characters: a thousand members of a window fit into memory, and those an incident remembers into an item. */
const MAX_TITLE = 120;
const MAX_TEXT = 240;

/** How its delivery is made. */
export type MemberOptions = Pick<Member, 'mode' | 'retentionDays' | 'expiresAtMs' | 'incident'>;

export function memberOf(
  event: Event,
  { title, text, severity, status }: Notification,
  options: MemberOptions,
): Member {
  const { id, topic, time, lane, dedupeKey, subject } = event;
  return {
    event: id,
    topic,
    atMs: Date.parse(time),
    title: truncate(title, MAX_TITLE),
    text: truncate(text.trim().split('\n', 1)[0] ?? '', MAX_TEXT),
    ...(severity && { severity }),
    ...(lane === 'urgent' && { urgent: true as const }),
    ...(status && { status, key: canonicalHash(dedupeKey ?? subject ?? id) }),
    ...options,
  };
}
