import type { Lane } from '../../core/event.ts';
import { type EventPack, type OutgoingMessage, PACK_TARGET_BYTES, packBySize } from '../../core/message.ts';
import { type OrderOf, eventGroup } from '../../core/order.ts';
import { redactError } from '../../core/redact.ts';
import { delayUntil, holdOf } from '../../core/schedule.ts';
import { inOrder } from '../ordered/in-order.ts';
import { type Enqueue, enqueueAll } from '../queues.ts';
import { orUnavailable } from './or-unavailable.ts';
import type { Fresh, IngestDeps, Sent } from './work.ts';

type SendDeps = Pick<IngestDeps, 'enqueue' | 'queues' | 'ordered' | 'newId' | 'telemetry'>;

/** A pack of an ordered topic is fanned out in one go, to however many destinations. */
const MAX_ORDERED = 10;
/** Each of these events may be for hundreds of people of its own, and a fan-out holds all of a pack in memory. */
const MAX_TO_PEOPLE = 10;

/**
 * Packs events by lane, or by what they stay in order with, and enqueues them; answers those that are safe. What is
 * held until a time shortly ahead waits in the queue, each in a message of its own.
 */
export async function send(
  tenant: string,
  fresh: readonly Fresh[],
  orderOf: OrderOf,
  atMs: number,
  deps: SendDeps,
): Promise<Sent[]> {
  const lineOf = ({ event }: Fresh): string | Line => {
    const hold = holdOf(event, atMs);
    const soon = hold && { lane: event.lane, delaySeconds: delayUntil(hold.untilMs, atMs) };
    return orderOf(event) ?? soon ?? (event.recipients ? TO_PEOPLE : LANE)[event.lane];
  };
  const lines = Map.groupBy(fresh, lineOf);
  const outgoing = [...lines].flatMap(([line, events]) => {
    const order = typeof line === 'string' ? line : undefined;
    const delay = typeof line === 'string' ? undefined : line.delaySeconds;
    const most = typeof line === 'string' ? MAX_ORDERED : line.most;
    return packBySize(events, PACK_TARGET_BYTES, most, ({ text }) => text).map((part) => {
      const pack = deps.newId();
      const sent = part.map((one): Sent => ({ ...one, pack }));
      const queue = typeof line === 'string' ? deps.ordered!.queue : deps.queues[line.lane];
      const message = messageOf(tenant, pack, part, order);
      return { queue, message: delay === undefined ? message : { ...message, delaySeconds: delay }, sent };
    });
  });
  const enqueue = told(deps);
  const safe = await enqueueAll(outgoing, (queue, messages) =>
    (queue === deps.ordered?.queue ? inOrder(enqueue) : enqueue)(queue, messages),
  );
  return outgoing.flatMap(({ sent }, index) => (safe[index] ? sent : []));
}

/** A line of events that stay in no order. */
interface Line {
  readonly lane: Lane;
  readonly delaySeconds?: number;
  /** Events of a pack. */
  readonly most?: number;
}

const LANE = { normal: { lane: 'normal' }, urgent: { lane: 'urgent' } } as const satisfies Record<Lane, Line>;
const TO_PEOPLE = {
  normal: { lane: 'normal', most: MAX_TO_PEOPLE },
  urgent: { lane: 'urgent', most: MAX_TO_PEOPLE },
} as const satisfies Record<Lane, Line>;

/**
 * What each event stays in order with.
 * @throws ProblemError `unavailable` when nobody can say which topics are ordered: once taken out of order, an event
 * could not be put back.
 */
export async function ordersOf(
  tenant: string,
  fresh: readonly Fresh[],
  { ordered, telemetry }: SendDeps,
): Promise<OrderOf> {
  if (!ordered || fresh.length === 0) return () => undefined;
  return await orUnavailable(
    () => ordered.orderOf(tenant),
    'topics cannot be read',
    { telemetry },
    { tenant },
  );
}

/**
 * The tenant is the fair-queue group: its flood slows only itself. The id of the pack tells a call that is made
 * again from a second post of the same events, which nobody may drop before the first one is on record.
 */
function messageOf(
  tenant: string,
  pack: string,
  events: readonly Fresh[],
  order: string | undefined,
): OutgoingMessage {
  const contested = events.filter(({ isContested }) => isContested);
  const envelope: Omit<EventPack, 'items'> = {
    v: 1,
    kind: 'events',
    tenant,
    pack,
    ...(contested.length > 0 && {
      hashes: Object.fromEntries(contested.map(({ event, hash }) => [event.id, hash])),
    }),
    ...(order !== undefined && { order }),
  };
  const group =
    order === undefined ? { groupId: tenant } : { groupId: eventGroup(tenant, order), dedupeId: pack };
  const items = events.map(({ text }) => text).join(',');
  return { body: `${JSON.stringify(envelope).slice(0, -1)},"items":[${items}]}`, ...group };
}

/** Whoever looks for the reason of a 503 finds it in the log. */
function told({ enqueue, telemetry }: Pick<IngestDeps, 'enqueue' | 'telemetry'>): Enqueue {
  return async (queue, messages) => {
    try {
      return await enqueue(queue, messages);
    } catch (error) {
      const count = messages.length;
      telemetry.log('error', 'events cannot be enqueued', { count, error: redactError(error) });
      throw error;
    }
  };
}
