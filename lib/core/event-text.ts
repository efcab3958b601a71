import type { Event } from './event.ts';

const texts = new WeakMap<Event, string>();

/** An event as JSON. It is measured, packed, sent and recorded, and written once: an event never changes. */
export function eventText(event: Event): string {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const text = JSON.stringify(event);
  texts.set(event, text);
  return text;
}
