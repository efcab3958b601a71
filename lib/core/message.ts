import type { Delivery } from './delivery.ts';
import { DESTINATION_ID } from './destination-id.ts';
import { EVENT_ID, type Event, type Lane, MAX_TOPIC, NAME, TOPIC } from './event.ts';
import { parseJson } from './parse-json.ts';

/**
 * What the queues carry, version 1. A message is a *pack*: items of one tenant (events), or of one tenant
 * and one destination (deliveries). Readers accept version N and N-1 and carry on members they do not know;
 * writers write N-1 for one release. A message of a later version stays in its queue until somebody can read it.
 */
export const MESSAGE_VERSION = 1;

export interface EventPack {
  readonly v: 1;
  readonly kind: 'events';
  readonly tenant: string;
  /** Id of the pack: with topic and hour it names the fan-out record. */
  readonly pack: string;
  readonly items: readonly Event[];
  /** Event id -> hash of the content, where a producer chose the id: the ledger says which content is the event. */
  readonly hashes?: Readonly<Record<string, string>>;
  /** Set when fan-out was split: deliveries before this position have been enqueued. */
  readonly cursor?: number;
  /** Times this pack went round by our own hand; the hop cap stops runaways. */
  readonly hops?: number;
  /** What its events stay in order with; it came through the ordered queue. */
  readonly order?: string;
}

export interface DeliveryPack {
  readonly v: 1;
  readonly kind: 'deliveries';
  readonly tenant: string;
  readonly destination: string;
  readonly lane: Lane;
  readonly items: readonly Delivery[];
  /** These deliveries come back from an appointment: they book before anybody who has not waited. */
  readonly appointed?: true;
  /** Epoch ms of an appointment further away than SQS can delay: until then they only wait. */
  readonly notBefore?: number;
  readonly hops?: number;
  /**
   * These deliveries would wait too long one by one: those of a batch are told in one message. How often the one among
   * them that did so most has gone back to meet others.
   */
  readonly together?: number;
  /** What its deliveries stay in order with. They are written once: the number of their attempt is in the ledger. */
  readonly order?: string;
}

export type Message = EventPack | DeliveryPack;

/**
 * A pack aims at 64 KiB (one billed SQS chunk). Several items never exceed 240 KiB, however their text has to be
 * escaped on the way; one alone may be as large as an event.
 */
export const PACK_TARGET_BYTES = 64 * 1024;
export const PACK_MAX_BYTES = 240 * 1024;
/** Our own guard against loops, since Lambda's recursion guard is off for these functions. */
export const MAX_HOPS = 10_000;

export type ParsedMessage<M extends Message> =
  | { readonly ok: true; readonly message: M }
  /** `newer`: a later release wrote it. Nothing may be wrong with it but that we are too old. */
  | { readonly ok: false; readonly why: string; readonly newer?: true };

/** Reads the body of an event queue's message; never throws. */
export function parseEventPack(body: unknown): ParsedMessage<EventPack> {
  return parse(body, EVENT_PACK);
}

/** Reads the body of a deliver queue's message; never throws. */
export function parseDeliveryPack(body: unknown): ParsedMessage<DeliveryPack> {
  return parse(body, DELIVERY_PACK);
}

type Members = Readonly<Record<string, unknown>>;
/** What must hold, and what to say when it does not. */
type Rules = readonly (readonly [why: string, holds: (message: Members) => boolean])[];

/** Looser than the border, as far as no step can trip over it: names stand in keys, so they keep their alphabet. */
const PACK: Rules = [
  ['unknown version', ({ v }) => v === MESSAGE_VERSION],
  ['tenant is missing', ({ tenant }) => isLike(tenant, NAME)],
  ['hops is not a count', ({ hops }) => hops === undefined || isCount(hops)],
  ['order is not a name', ({ order }) => order === undefined || typeof order === 'string'],
];

const EVENT_PACK: Rules = [
  ...PACK,
  ['kind is not "events"', ({ kind }) => kind === 'events'],
  ['pack is missing', ({ pack }) => isLike(pack, EVENT_ID)],
  ['cursor is not a position', ({ cursor }) => cursor === undefined || isCount(cursor)],
  ['items is not a list of events', ({ items }) => everyItem(items, isEvent)],
  [
    'hashes is not a list of hashes',
    ({ hashes = {} }) => isObject(hashes) && Object.values(hashes).every((hash) => typeof hash === 'string'),
  ],
];

const DELIVERY_PACK: Rules = [
  ...PACK,
  ['kind is not "deliveries"', ({ kind }) => kind === 'deliveries'],
  ['destination is missing', ({ destination }) => isLike(destination, DESTINATION_ID)],
  ['lane is unknown', ({ lane }) => lane === 'normal' || lane === 'urgent'],
  ['together is not a count', ({ together }) => together === undefined || isCount(together)],
  ['items is not a list of deliveries', ({ items }) => everyItem(items, isDelivery)],
];

function parse<M extends Message>(body: unknown, rules: Rules): ParsedMessage<M> {
  if (typeof body !== 'string') return { ok: false, why: 'body is not text' };
  let message: M;
  try {
    // Of the type it claims to be once every rule holds.
    message = parseJson(body);
  } catch {
    return { ok: false, why: 'body is not JSON' };
  }
  if (isNewer(message)) return { ok: false, why: `written by a later release (v ${message.v})`, newer: true };
  const why = faultOf(message, rules);
  return why === undefined ? { ok: true, message } : { ok: false, why };
}

/** Every version names its kind: what does not is no message of ours. */
function isNewer(message: unknown): message is { readonly v: number } {
  if (!isObject(message) || typeof message['kind'] !== 'string') return false;
  return isCount(message['v']) && message['v'] > MESSAGE_VERSION;
}

function faultOf(message: unknown, rules: Rules): string | undefined {
  if (!isObject(message)) return 'body is not an object';
  return rules.find(([, holds]) => !holds(message))?.[0];
}

function isEvent({ id, topic, time, lane, data, to, recipients }: Members): boolean {
  return (
    isLike(id, EVENT_ID) &&
    isLike(topic, TOPIC) &&
    topic.length <= MAX_TOPIC &&
    isLike(time, /^\d{4}-\d\d-\d\dT\d\d:/) &&
    (lane === 'normal' || lane === 'urgent') &&
    isObject(data) &&
    (to === undefined || areLike(to, DESTINATION_ID)) &&
    (recipients === undefined || areLike(recipients, NAME))
  );
}

function areLike(names: unknown, pattern: RegExp): boolean {
  return Array.isArray(names) && names.every((name) => isLike(name, pattern));
}

function isDelivery({ notification, n, since }: Members): boolean {
  return (
    isCount(n) &&
    n >= 1 &&
    typeof since === 'number' &&
    isObject(notification) &&
    isLike(notification['id'], EVENT_ID) &&
    ['topic', 'time', 'title', 'text'].every((name) => typeof notification[name] === 'string')
  );
}

function everyItem(items: unknown, test: (item: Members) => boolean): boolean {
  return Array.isArray(items) && items.length > 0 && items.every((item) => isObject(item) && test(item));
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isLike(value: unknown, shape: RegExp): value is string {
  return typeof value === 'string' && shape.test(value);
}

/** One claim call takes 25 statements, so a pack of deliveries holds no more. */
export const PACK_MAX_DELIVERIES = 25;
/** Of those that are told together: a message says hardly more of them, and each has a claim to be written. */
export const MAX_TOGETHER = 100;

/** A message as a consumer gets it: the members of an SQS record that Fanfare looks at. */
export interface QueueRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}

/** A message to be sent. `groupId` makes a standard queue a fair one: tenant, or tenant#destination. */
export interface OutgoingMessage {
  readonly body: string;
  readonly groupId?: string;
  readonly delaySeconds?: number;
  /** Of a message of a FIFO queue: a second one with this id within five minutes is dropped. */
  readonly dedupeId?: string;
}

/**
 * Cuts items into packs by bytes and by count: a pack closes before it would pass the target; one item
 * larger than the target travels alone. Order is kept; no item is lost or repeated. `textOf` is the part of
 * an item that travels, as JSON.
 */
export function packBySize<T>(
  items: readonly T[],
  targetBytes: number = PACK_TARGET_BYTES,
  maxItems: number = Infinity,
  textOf: (item: T) => string = (item) => JSON.stringify(item),
): T[][] {
  const packs: T[][] = [];
  let open: T[] = [];
  let size = 0;
  for (const item of items) {
    const bytes = Buffer.byteLength(textOf(item)) + 1;
    if (open.length > 0 && (size + bytes > targetBytes || open.length >= maxItems)) {
      packs.push(open);
      open = [];
      size = 0;
    }
    open.push(item);
    size += bytes;
  }
  if (open.length > 0) packs.push(open);
  return packs;
}
