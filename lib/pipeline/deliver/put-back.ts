import type { Lane } from '../../core/event.ts';
import { type DeliveryPack, PACK_MAX_DELIVERIES, PACK_TARGET_BYTES, packBySize } from '../../core/message.ts';
import { MAX_DELAY_SECONDS } from '../../core/slots.ts';
import { type Enqueue, enqueueAll, groupOf } from '../queues.ts';
import type { Work } from './work.ts';

export interface PutBackDeps {
  readonly enqueue: Enqueue;
  /** The queue this function reads from. */
  readonly ownQueue: string;
}

/** A delivery that goes back into the queue, as attempt `n`. */
export interface Returning<W extends Work = Work> {
  readonly work: W;
  readonly n: number;
  readonly delaySeconds: number;
  /** In a message of its own. */
  readonly alone?: boolean;
  readonly appointed?: boolean;
}

/** Puts deliveries back, those of one destination and delay in one message; answers which are safe there. */
export async function putBack<W extends Work>(
  returning: readonly Returning<W>[],
  deps: PutBackDeps,
): Promise<Returning<W>[]> {
  const groups = Map.groupBy(returning, (one) => (one.alone ? `alone#${one.work.id}` : groupKey(one)));
  const outgoing = [...groups.values()].flatMap((group) =>
    packBySize(group.map(toItem), PACK_TARGET_BYTES, PACK_MAX_DELIVERIES).map((items) =>
      toMessage(items, deps.ownQueue),
    ),
  );
  const safe = await enqueueAll(outgoing, deps.enqueue);
  return outgoing.flatMap(({ members }, index) => (safe[index] ? members : []));
}

function groupKey({ work, delaySeconds, appointed }: Returning): string {
  return `${work.ref.tenant}#${work.ref.destination}#${work.lane}#${delaySeconds}#${appointed ?? false}`;
}

function toItem<W extends Work>(one: Returning<W>) {
  const { alone: _, ...delivery } = one.work.delivery;
  return { delivery: { ...delivery, n: one.n, ...(one.alone ? { alone: true as const } : {}) }, one };
}

function toMessage<W extends Work>(items: readonly ReturnType<typeof toItem<W>>[], queue: string) {
  const members = items.map(({ one }) => one);
  const [{ work, delaySeconds, appointed }] = members as [Returning<W>];
  const { tenant, destination } = work.ref;
  const hops = Math.max(...members.map((one) => one.work.hops)) + 1;
  const pack: DeliveryPack = {
    v: 1,
    kind: 'deliveries',
    tenant,
    destination,
    lane: work.lane satisfies Lane,
    items: items.map(({ delivery }) => delivery),
    ...(appointed ? { appointed: true as const } : {}),
    hops,
  };
  const delay = Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil(delaySeconds)));
  return {
    queue,
    members,
    message: {
      body: JSON.stringify(pack),
      groupId: groupOf(tenant, destination),
      ...(delay > 0 ? { delaySeconds: delay } : {}),
    },
  };
}
