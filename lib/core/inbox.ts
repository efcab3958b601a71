import type { DeliveryRef } from './claim.ts';
import type { DiscardReason } from './delivery.ts';
import type { Notification } from './notification.ts';
import { truncate } from './text.ts';

/** A message in the in-app inbox of a person. */
export interface InboxItem extends Pick<
  Notification,
  'topic' | 'time' | 'title' | 'text' | 'severity' | 'status' | 'url' | 'subject'
> {
  /** Its place in the inbox: time and event. */
  readonly id: string;
  readonly event: string;
  /** Epoch ms; absent: unread. */
  readonly readAt?: number;
}

/** One message for one inbox. */
export interface InboxWrite {
  readonly ref: DeliveryRef;
  readonly person: string;
  readonly item: InboxItem;
  readonly retentionDays?: number;
}

/** What became of a delivery to an inbox: it is claimed and ended in one write. */
export interface InboxEnd {
  readonly ref: DeliveryRef;
  readonly state: 'delivered' | 'discarded';
  readonly reason?: DiscardReason;
  /** Epoch ms of the fan-out. */
  readonly since: number;
  readonly retentionDays?: number;
}

/** A dead delivery whose message is in the inbox now. */
export interface Refilled {
  readonly ref: DeliveryRef;
  /** As it was read, epoch ms. */
  readonly changedAt: number;
  readonly retentionDays?: number | undefined;
}

/** Longest text of an item, so that a page of them stays small: who wants more opens the page it leads to. */
const MAX_TEXT = 4_000;

/** `<epoch ms of 13 digits>-<event id>`: sorts by time, and one event stands once in an inbox. */
export const INBOX_ITEM_ID = /^\d{13}-[A-Za-z0-9_-]{1,128}$/;

/** What an inbox keeps of a notification. */
export function inboxItem(notification: Notification): InboxItem {
  const { id: event, topic, time, title, text, severity, status, url, subject } = notification;
  return {
    id: `${String(Math.max(0, Date.parse(time))).padStart(13, '0')}-${event}`,
    event,
    topic,
    time,
    title,
    text: truncate(text, MAX_TEXT),
    ...(severity && { severity }),
    ...(status && { status }),
    ...(url !== undefined && { url }),
    ...(subject !== undefined && { subject }),
  };
}
