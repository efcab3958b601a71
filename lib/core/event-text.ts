import type { Event } from './event.ts';

/** An event and its JSON. It is measured, packed, sent and recorded as that text, which is written once. */
export interface WrittenEvent {
  readonly event: Event;
  readonly text: string;
}

export function writeEvent(event: Event): WrittenEvent {
  return { event, text: JSON.stringify(event) };
}
