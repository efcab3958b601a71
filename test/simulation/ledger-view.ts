import { type Claim, type Completion, coversDelivery, refText } from '../../lib/core/claim.ts';
import { STATES, isTerminal } from '../../lib/core/delivery.ts';
import { reasonOf } from '../../lib/core/hush.ts';
import { keys } from '../../lib/core/keys.ts';
import { type DeliveryMode, modeOf } from '../../lib/core/mode.ts';
import { claimOf, completionOf } from '../../lib/stores/attributes.ts';
import { parseLists } from '../../lib/stores/lists.ts';
import { fromAttributes } from '../../lib/stores/table.ts';
import { TABLES } from './functions.ts';
import type { DynamoModel } from './model/dynamo.ts';
import type { Attributes } from './model/values.ts';

/** Identity of a delivery, read from the key of its claim. */
export interface Ref {
  readonly tenant: string;
  readonly event: string;
  readonly destination: string;
}

/** A delivery that a fan-out record lists, and how it is to be delivered. */
export interface Listed extends Ref {
  readonly mode: DeliveryMode;
}

const CLAIM_KEY = /^T#([^#]+)#E#([^#]+)\|delivery#(.+)$/;

/** Every delivery that a fan-out record lists. */
export function listedIn(dynamo: DynamoModel): Map<string, Listed> {
  const listed = dynamo.items(TABLES.ledger).flatMap((item) => listedBy(item));
  return new Map(listed.map((one) => [refText(one), one]));
}

/**
 * Deliveries that only some of the records of their event list: it was posted twice, and the routes changed in
 * between. They come with the later copy, behind whatever was accepted meanwhile.
 */
export function laterAdditions(dynamo: DynamoModel): Set<string> {
  const records = dynamo
    .items(TABLES.ledger)
    .map(listedBy)
    .filter((list) => list.length > 0);
  const eventOf = ({ tenant, event }: Ref): string => `${tenant}#${event}`;
  const countBy = (name: (ref: Ref) => string): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const list of records)
      for (const one of new Set(list.map(name))) counts.set(one, (counts.get(one) ?? 0) + 1);
    return counts;
  };
  const [events, deliveries] = [countBy(eventOf), countBy(refText)];
  const added = records.flat().filter((ref) => deliveries.get(refText(ref))! < events.get(eventOf(ref))!);
  return new Set(added.map(refText));
}

/** A delivery that a rule keeps back, by its reason. */
export interface Kept extends Ref {
  readonly reason: string;
}

/** What a fan-out record lists; nothing, for another item. */
export function listedBy(item: Attributes): Listed[] {
  const mode = modeOf(item['mode']?.S);
  return recordOf(item).flatMap(({ tenant, event, destinations }) =>
    destinations.get(event)!.map((destination) => ({ tenant, event, destination, mode })),
  );
}

/** Deliveries that a fan-out record lets wait for a window; nothing, for another item. */
export function heldBy(item: Attributes): Ref[] {
  return recordOf(item).flatMap(({ tenant, event, held }) =>
    (held?.get(event) ?? []).map((destination) => ({ tenant, event, destination })),
  );
}

/** What a fan-out record keeps back; nothing, for another item. */
export function keptBy(item: Attributes): Kept[] {
  return recordOf(item).flatMap(({ tenant, event, suppressed }) =>
    (suppressed?.get(event) ?? []).flatMap((group) =>
      group.destinations.map((destination) => ({ tenant, event, destination, reason: reasonOf(group) })),
    ),
  );
}

/** The events of a fan-out record, each with what was decided. */
function recordOf(item: Attributes) {
  const tenant = /^T#([^#]+)#F#/.exec(item['pk']?.S ?? '')?.[1];
  if (tenant === undefined) return [];
  const decided = parseLists(item['lists']?.S ?? '');
  return [...decided.destinations.keys()].map((event) => Object.assign({ tenant, event }, decided));
}

const TERMINAL: ReadonlySet<string | undefined> = new Set(STATES.filter(isTerminal));

/** Deliveries that are claimed and not over. */
export function openDeliveries(dynamo: DynamoModel): string[] {
  return dynamo.items(TABLES.ledger).flatMap((item) => {
    const ref = refOf(item);
    return ref && !isOver(ref, item, dynamo) ? [refText(ref)] : [];
  });
}

/** Windows that somebody waits for, or whose digest is not sent yet; not those that are to remind of what fires. */
export function openWindows(dynamo: DynamoModel): string[] {
  const windows = dynamo.items(TABLES.ledger).filter(({ phase }) => phase !== undefined);
  const open = windows.filter(
    (item) => (item['phase']?.S === 'open' ? item['open'] : item['dueAt']) !== undefined,
  );
  return open.map(({ pk, sk }) => `${pk?.S} ${sk?.S}`);
}

/** Events that wait for their time. */
export function heldEvents(dynamo: DynamoModel, nowMs: number): string[] {
  // What the queue brings by itself may be taken before its record is written, which then says so for ever.
  const held = dynamo
    .items(TABLES.ledger)
    .filter((item) => item['state']?.S === 'scheduled')
    .filter((item) => item['dueAt'] !== undefined || Number(item['heldUntil']?.N) > nowMs);
  return held.map(({ pk }) => pk?.S ?? '');
}

export function refOf(item: Attributes): Ref | undefined {
  const [, tenant, event, destination] = CLAIM_KEY.exec(`${item['pk']?.S}|${item['sk']?.S}`) ?? [];
  return tenant && event && destination ? { tenant, event, destination } : undefined;
}

export function claimItem({ tenant, event, destination }: Ref, dynamo: DynamoModel): Attributes | undefined {
  const { pk, sk } = keys.claim(tenant, event, destination);
  return dynamo.get(TABLES.ledger, { pk: { S: pk }, sk: { S: sk } });
}

export function isOver(ref: Ref, item: Attributes, dynamo: DynamoModel): boolean {
  if (TERMINAL.has(item['state']?.S)) return true;
  const claim = claimOf(fromAttributes({ ...item }));
  // Who waits in a window has left it with the others when it closes.
  const [group, n] = [item['group']?.S, Number(item['n']?.N)];
  if (claim.state === 'held' && group !== undefined) {
    const { pk, sk } = keys.window(ref.tenant, group, n);
    return dynamo.get(TABLES.ledger, { pk: { S: pk }, sk: { S: sk } })?.['phase']?.S === 'closed';
  }
  return claim.state === 'sending' && coversDelivery(completionUnder(ref, claim, dynamo), claim);
}

function completionUnder({ tenant }: Ref, claim: Claim, dynamo: DynamoModel): Completion | undefined {
  const { pk, sk } = keys.completion(tenant, claim.owner, claim.k);
  const item = dynamo.get(TABLES.ledger, { pk: { S: pk }, sk: { S: sk } });
  return item && completionOf(fromAttributes({ ...item }));
}

/** Over, and not by a state that says otherwise. */
export function isDelivered(item: Attributes): boolean {
  return ['sending', 'delivered'].includes(item['state']?.S ?? '');
}

export function attemptsOf(
  { tenant, event, destination }: Ref,
  dynamo: DynamoModel,
): { readonly outcome: string }[] {
  const { pk } = keys.event(tenant, event);
  return dynamo.items(TABLES.ledger).flatMap((item) => {
    const own = item['pk']?.S === pk && item['sk']?.S?.startsWith(`attempt#${destination}#`);
    return own ? [{ outcome: item['outcome']?.S ?? '' }] : [];
  });
}

export function stateOf(item: Attributes): string {
  const [state, reason] = [item['state']?.S ?? '?', item['reason']?.S];
  return reason === undefined ? state : `${state}(${reason})`;
}

/** What makes up a claim; marks for people and timers may change. */
export function claimText(item: Attributes): string {
  return ['state', 'reason', 'owner', 'attempt', 'k', 'i'].map((name) => JSON.stringify(item[name])).join();
}
