import { FAILOVERS } from '../core/keys.ts';
import type { DeliveryView } from '../core/views.ts';
import { number, optional, text } from './attributes.ts';
import { iso } from './delivery-views.ts';
import type { Item } from './table.ts';

type FailoverView = Pick<DeliveryView, 'failedOver' | 'failoverOf'>;

/** What is on record of an event's failovers, by the destinations of both ends. */
export function failoverViews(notes: readonly Item[]): ReadonlyMap<string, FailoverView> {
  const views = new Map<string, FailoverView>();
  const add = (destination: string, view: FailoverView): void =>
    void views.set(destination, { ...views.get(destination), ...view });
  for (const note of notes) {
    const from = note.sk.slice(FAILOVERS.length);
    const to = text(note, 'to') ?? '';
    const at = iso(number(note, 'at') ?? 0);
    const state = text(note, 'state') ?? 'pending';
    add(from, { failedOver: { to, at, state, ...optional({ reason: text(note, 'reason') }) } });
    add(to, { failoverOf: from });
  }
  return views;
}
