import type { DeliveryRef } from '../core/claim.ts';
import type { RecordWrite } from '../core/event-record.ts';
import { parseDigestId } from '../core/group-window.ts';
import { type Key, keys } from '../core/keys.ts';
import { type KeptUntil, type Retained, keptUntil } from '../core/retention.ts';
import type { Written } from '../core/written.ts';
import { type Statement, type Table, execute, keyText, upTo, update } from './table.ts';

/*
 * An id may be used anew once its record has expired, so the record outlives the claims, which would say of the
 * new event that all is done. It may wait in a queue for 7 days, attempts go on for 75 h 35 min, those in order for
 * 6 days 12 h, and each keeps its claim for the retention. What is written of a delivery later than that takes the record with it.
 */
const DAYS_AHEAD = 14;
const DAY_SECONDS = 86_400;

/** A key may be used anew after a day: its record also outlives what a late replay keeps of the ids it led to. */
const REQUEST_RETENTIONS = 3;

/** An event whose deliveries are kept for so long. */
export type EventRef = Pick<DeliveryRef, 'tenant' | 'event'> & Retained;

/** When what ingest writes of an event or an idempotency key expires. */
export function recordTtl(write: Exclude<RecordWrite, { kind: 'alert' }>): number {
  if (write.kind === 'request') {
    const days = keptUntil(0, write.retentionDays);
    return Math.ceil(write.at / 1_000) + REQUEST_RETENTIONS * days;
  }
  if (write.kind === 'reminder')
    return Math.max(write.seenTtl, eventTtl(keptUntil(write.at, write.retentionDays)));
  return eventTtl(keptUntil(write.hold?.untilMs ?? write.at, write.event.retentionDays));
}

/** When the record of an event expires whose deliveries are written with `ttl`. */
function eventTtl(ttl: number): number {
  return ttl + DAYS_AHEAD * DAY_SECONDS;
}

/**
 * Moves the ends of event records along, and sets what is to be said of them besides. None is made up, and none ends
 * sooner than it did: a release before may have lost on the way how long its topic is kept.
 */
export async function keepEvents(
  table: Table,
  events: readonly EventRef[],
  until: KeptUntil,
  set?: Readonly<Record<string, unknown>>,
): Promise<Written[]> {
  const written = await execute(
    table,
    events.map((event) =>
      lengthen(table, keyOf(event), { ...set, ttl: eventTtl(until(event.retentionDays)) }),
    ),
  );
  const longer = events.filter((_, index) => written[index]?.kind === 'conflict');
  if (!set || longer.length === 0) return written;
  const said = await execute(
    table,
    longer.map((event) => update(table, keyOf(event), set, {})),
  );
  return written.map((one, index) => (one.kind === 'conflict' ? said[longer.indexOf(events[index]!)]! : one));
}

/** Moves the ends of the windows along that digests come from, as far as their events go. */
function keepWindows(table: Table, digests: readonly EventRef[], until: KeptUntil): Promise<Written[]> {
  return execute(
    table,
    digests.map(({ tenant, event, retentionDays }) => {
      const { group, n } = parseDigestId(event)!;
      return lengthen(table, keys.window(tenant, group, n), { ttl: eventTtl(until(retentionDays)) });
    }),
  );
}

/** An update of what does not last longer already. */
function lengthen(table: Table, key: Key, set: Readonly<Record<string, unknown>> & { readonly ttl: number }) {
  return upTo(update(table, key, set, {}), 'ttl', set.ttl);
}

/** A write that makes a delivery last. */
export interface Lasting {
  readonly ref: DeliveryRef & Retained;
  readonly statement: Statement;
}

/**
 * Writes deliveries anew, their events first, and the windows that digests come from: once all windows of a group are
 * forgotten, its digests have their ids anew. `unknown` also where nobody can say whether its event will last.
 */
export async function writeLasting(
  table: Table,
  writes: readonly Lasting[],
  until: KeptUntil,
): Promise<Written[]> {
  const events = [...new Map(writes.map(({ ref }) => [keyText(keyOf(ref)), ref])).values()];
  const digests = events.filter(({ event }) => parseDigestId(event));
  const lasting = [...events, ...digests];
  const kept = [...(await keepEvents(table, events, until)), ...(await keepWindows(table, digests, until))];
  const lost = new Map(
    kept.flatMap((one, index) =>
      one.kind === 'unknown' ? [[keyText(keyOf(lasting[index]!)), one] as const] : [],
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
