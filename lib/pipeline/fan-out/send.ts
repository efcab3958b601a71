import {
  type DeliveryPack,
  MAX_HOPS,
  type OutgoingMessage,
  PACK_MAX_DELIVERIES,
  PACK_TARGET_BYTES,
  packBySize,
} from '../../core/message.ts';
import { deliveryGroup, digest } from '../../core/order.ts';
import {
  type DeliverQueues,
  type Enqueue,
  type Outgoing,
  deliverQueue,
  enqueueAll,
  groupOf,
} from '../queues.ts';
import type { Planned, Rest } from './plan.ts';

export interface SendDeps {
  readonly enqueue: Enqueue;
  readonly queues: DeliverQueues;
  /** The queue this function reads from: what exceeds one invocation goes back there. */
  readonly ownQueue: string;
}

/** Packs the deliveries by destination and enqueues them; answers the ids of messages that lost one. */
export async function send(planned: readonly Planned[], deps: SendDeps): Promise<Set<string>> {
  const groups = Map.groupBy(
    planned,
    ({ tenant, destination, lane, order }) => `${tenant}#${destination}#${lane}#${order ?? ''}`,
  );
  const packs = [...groups.values()].flatMap((group) =>
    packBySize(group, PACK_TARGET_BYTES, PACK_MAX_DELIVERIES, ({ delivery }) => JSON.stringify(delivery)),
  );
  const safe = await enqueueAll(
    packs.map((members) => toOutgoing(members, deps)),
    deps.enqueue,
  );
  const lost = packs.filter((_, index) => !safe[index]);
  return new Set(lost.flat().map(({ source }) => source));
}

function toOutgoing(members: readonly Planned[], { queues }: SendDeps): Outgoing {
  const { tenant, destination, lane, channel, order } = members[0]!;
  const items = members.map(({ delivery }) => delivery);
  const pack: DeliveryPack = {
    v: 1,
    kind: 'deliveries',
    tenant,
    destination,
    lane,
    items,
    ...(order !== undefined && { order }),
  };
  const group = order === undefined ? { groupId: groupOf(tenant, destination) } : placeOf(pack, order);
  const message: OutgoingMessage = { body: JSON.stringify(pack), ...group };
  return { queue: deliverQueue(queues, channel, lane), message };
}

/**
 * Names the very deliveries: a second run of the fan-out may cut its packs elsewhere, and what SQS drops as a
 * duplicate must be in the queue already.
 */
function placeOf({ tenant, destination, items }: DeliveryPack, order: string) {
  const events = items.map(({ notification }) => notification.id);
  return {
    groupId: deliveryGroup(tenant, destination, order),
    dedupeId: digest(tenant, destination, order, ...events),
  };
}

/**
 * Puts back what was too much for one invocation, before its message is acknowledged; answers what stayed. A
 * pack that went round too often stays, too: it ends with the dead letters, where every delivery is recorded.
 */
export async function sendRest(rest: readonly Rest[], deps: SendDeps): Promise<Set<string>> {
  const going = rest.filter(({ pack }) => (pack.hops ?? 0) <= MAX_HOPS);
  const outgoing = going.map(({ pack }): Outgoing => ({
    queue: deps.ownQueue,
    message: { body: JSON.stringify(pack), groupId: pack.tenant },
  }));
  const safe = await enqueueAll(outgoing, deps.enqueue);
  const gone = new Set(going.filter((_, index) => safe[index]));
  return new Set(rest.filter((one) => !gone.has(one)).map(({ record }) => record.messageId));
}
