import { createHash } from 'node:crypto';
import type { EventPack } from './message.ts';
import { isoTime } from './iso-time.ts';

/** Topic of the event that tells a tenant of a destination that was switched off. */
export const GONE_TOPIC = 'fanfare.destination.gone';

const HOUR_MS = 3_600_000;

export interface GoneDestination {
  readonly tenant: string;
  readonly id: string;
  readonly channel: string;
  readonly title?: string | undefined;
  /** Of the entry that was found switched on. */
  readonly etag: string;
}

/**
 * The event that tells a tenant that its provider calls a destination gone; routes lead it elsewhere like any other.
 * Workers that see the same make the same event, so that it is told once. It cannot go round in a circle: a
 * destination that is off hears nothing more.
 */
export function goneNotice({ tenant, id, channel, title, etag }: GoneDestination, nowMs: number): EventPack {
  const seen = [tenant, id, etag, Math.floor(nowMs / HOUR_MS)].join('#');
  const event = `gone_${createHash('sha256').update(seen).digest('base64url').slice(0, 22)}`;
  const name = title === undefined ? `"${id}"` : `"${title}" (${id})`;
  return {
    v: 1,
    kind: 'events',
    tenant,
    pack: event,
    // Whoever fans it out first puts it on record, so that it can be looked up and replayed like any event.
    hashes: { [event]: event },
    items: [
      {
        id: event,
        topic: GONE_TOPIC,
        time: isoTime(nowMs),
        lane: 'normal',
        severity: 'warning',
        source: 'fanfare',
        subject: id,
        data: {
          title: `Destination ${name} was switched off`,
          text: `Its provider (${channel}) says that it no longer exists or has blocked us. What waits for it is discarded. Repair its settings and switch it on again, or take it out of the catalog.`,
          destination: id,
          channel,
        },
      },
    ],
  };
}
