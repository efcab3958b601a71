import type { DeliveryRef } from '../core/claim.ts';
import { type Key, keys } from '../core/keys.ts';
import type { Written } from '../core/written.ts';
import { type Statement, type Table, execute, keyText, update } from './table.ts';

/*
 * An id may be used anew once its record has expired, so the record outlives the claims, which would say of the
 * new event that all is done. It may wait in a queue for 7 days, attempts go on for 75 h 35 min, those in order for
 * 6 days 12 h, and each keeps its claim for the retention. What is written of a delivery later than that takes the record with it.
 */
const DAYS_AHEAD = 14;
const DAY_SECONDS = 86_400;

type EventRef = Pick<DeliveryRef, 'tenant' | 'event'>;

/** When the record of an event expires whose deliveries are written with `ttl`; never earlier than it did. */
export function eventTtl(ttl: number): number {
  return ttl + DAYS_AHEAD * DAY_SECONDS;
}

/** Moves the ends of event records along, and sets what is to be said of them besides. None is made up. */
export function keepEvents(
  table: Table,
  events: readonly EventRef[],
  ttl: number,
  set: Readonly<Record<string, unknown>> = {},
): Promise<Written[]> {
  const statements = events.map((event) => update(table, keyOf(event), { ...set, ttl: eventTtl(ttl) }, {}));
  return execute(table, statements);
}

/** A write that makes a delivery last until `ttl`. */
export interface Lasting {
  readonly ref: DeliveryRef;
  readonly statement: Statement;
}

/** Writes deliveries anew, their events first. `unknown` also where nobody can say whether its event will last. */
export async function writeLasting(
  table: Table,
  writes: readonly Lasting[],
  ttl: number,
): Promise<Written[]> {
  const events = [...new Map(writes.map(({ ref }) => [keyText(keyOf(ref)), ref])).values()];
  const kept = await keepEvents(table, events, ttl);
  const lost = new Map(
    kept.flatMap((one, index) =>
      one.kind === 'unknown' ? [[keyText(keyOf(events[index]!)), one] as const] : [],
    ),
  );
  const going = writes.filter(({ ref }) => !lost.has(keyText(keyOf(ref))));
  const written = await execute(
    table,
    going.map(({ statement }) => statement),
  );
  const verdicts = new Map(going.map((one, index) => [one, written[index]!]));
  return writes.map((one) => verdicts.get(one) ?? lost.get(keyText(keyOf(one.ref)))!);
}

function keyOf({ tenant, event }: EventRef): Key {
  return keys.event(tenant, event);
}
