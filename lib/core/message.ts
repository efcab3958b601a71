import type { Delivery } from './delivery.ts';
import type { Event, Lane } from './event.ts';

/**
 * What the queues carry, version 1. A message is a *pack*: items of one tenant (events), or of one tenant
 * and one destination (deliveries). Readers accept version N and N-1; writers write N-1 for one release.
 */
export const MESSAGE_VERSION = 1;

export interface EventPack {
  readonly v: 1;
  readonly kind: 'events';
  readonly tenant: string;
  /** Id of the pack: with topic and hour it names the fan-out record. */
  readonly pack: string;
  readonly items: readonly Event[];
  /** Set when fan-out was split: deliveries before this position have been enqueued. */
  readonly cursor?: number;
  /** Times this pack went round by our own hand; the hop cap stops runaways. */
  readonly hops?: number;
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
  readonly hops?: number;
}

export type Message = EventPack | DeliveryPack;

/** A pack aims at 64 KiB (one billed SQS chunk) and never exceeds 240 KiB. */
export const PACK_TARGET_BYTES = 64 * 1024;
export const PACK_MAX_BYTES = 240 * 1024;
/** Our own guard against loops, since Lambda's recursion guard is off for these functions. */
export const MAX_HOPS = 10_000;

export type ParsedMessage<M extends Message> =
  | { readonly ok: true; readonly message: M }
  | { readonly ok: false; readonly why: string };

/** Reads the body of an event queue's message; never throws. */
export function parseEventPack(body: unknown): ParsedMessage<EventPack> {
  const parsed = parse(body);
  if (!parsed.ok) return parsed;
  const { message } = parsed;
  if (message['kind'] !== 'events') return bad('kind is not "events"');
  if (typeof message['pack'] !== 'string' || message['pack'] === '') return bad('pack is missing');
  if (
    !everyItem(
      message['items'],
      (item) => typeof item['id'] === 'string' && typeof item['topic'] === 'string',
    )
  ) {
    return bad('items is not a list of events');
  }
  return { ok: true, message: message as unknown as EventPack };
}

/** Reads the body of a deliver queue's message; never throws. */
export function parseDeliveryPack(body: unknown): ParsedMessage<DeliveryPack> {
  const parsed = parse(body);
  if (!parsed.ok) return parsed;
  const { message } = parsed;
  if (message['kind'] !== 'deliveries') return bad('kind is not "deliveries"');
  if (typeof message['destination'] !== 'string' || message['destination'] === '')
    return bad('destination is missing');
  const ok = everyItem(message['items'], (item) => {
    const { notification, n, since } = item as Partial<Delivery>;
    return (
      Number.isSafeInteger(n) &&
      (n ?? 0) >= 1 &&
      typeof since === 'number' &&
      typeof notification?.id === 'string'
    );
  });
  return ok
    ? { ok: true, message: message as unknown as DeliveryPack }
    : bad('items is not a list of deliveries');
}

function parse(body: unknown): { ok: true; message: Record<string, unknown> } | { ok: false; why: string } {
  if (typeof body !== 'string') return bad('body is not text');
  let message: unknown;
  try {
    message = JSON.parse(body);
  } catch {
    return bad('body is not JSON');
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    return bad('body is not an object');
  const object = message as Record<string, unknown>;
  if (object['v'] !== MESSAGE_VERSION) return bad(`unknown version ${String(object['v']).slice(0, 20)}`);
  if (typeof object['tenant'] !== 'string' || object['tenant'] === '') return bad('tenant is missing');
  return { ok: true, message: object };
}

function everyItem(items: unknown, test: (item: Record<string, unknown>) => boolean): boolean {
  return (
    Array.isArray(items) &&
    items.length > 0 &&
    items.every(
      (item: unknown) => typeof item === 'object' && item !== null && test(item as Record<string, unknown>),
    )
  );
}

function bad(why: string): { ok: false; why: string } {
  return { ok: false, why };
}

/** One claim call takes 25 statements, so a pack of deliveries holds no more. */
export const PACK_MAX_DELIVERIES = 25;

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
}

/**
 * Cuts items into packs by bytes and by count: a pack closes before it would pass the target; one item
 * larger than the target travels alone. Order is kept; no item is lost or repeated.
 */
export function packBySize<T>(
  items: readonly T[],
  targetBytes: number = PACK_TARGET_BYTES,
  maxItems: number = Infinity,
): T[][] {
  const packs: T[][] = [];
  let open: T[] = [];
  let size = 0;
  for (const item of items) {
    const bytes = Buffer.byteLength(JSON.stringify(item)) + 1;
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
