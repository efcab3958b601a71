import {
  type DeliveryPack,
  MAX_TOGETHER,
  PACK_MAX_DELIVERIES,
  PACK_TARGET_BYTES,
  packBySize,
} from '../../core/message.ts';
import { MAX_DELAY_SECONDS } from '../../core/slots.ts';
import { type Enqueue, enqueueAll, groupOf } from '../queues.ts';
import type { Work } from './work.ts';

export interface PutBackDeps {
  readonly enqueue: Enqueue;
  /** The queue this function reads from. */
  readonly ownQueue: string;
  readonly now: () => number;
}

/** A delivery that goes back into the queue, as attempt `n`. */
export interface Returning<W extends Work = Work> {
  readonly work: W;
  readonly n: number;
  /** Whole seconds; what exceeds the longest delay is waited for in several rounds. */
  readonly delaySeconds: number;
  /** In a message of its own. */
  readonly alone?: boolean;
  /** To be told with others, as so often before; absent: as it was. */
  readonly gathered?: number;
  readonly keyUntilMs?: number | undefined;
  readonly appointed?: boolean;
  /** Absent: the queue it came from. */
  readonly queue?: string;
}

/** Puts deliveries back, those of one destination and delay in one message; answers which are safe there. */
export async function putBack<W extends Work, R extends Returning<W>>(
  returning: readonly R[],
  deps: PutBackDeps,
): Promise<R[]> {
  const groups = Map.groupBy(returning, (one) => (one.alone ? `alone#${one.work.id}` : groupKey(one)));
  const outgoing = [...groups.values()].flatMap((group) => {
    const items = group.map((one) => ({ delivery: deliveryOf(one), one }));
    const most = gatheredOf(group[0]!) > 0 ? MAX_TOGETHER : PACK_MAX_DELIVERIES;
    const packs = packBySize(items, PACK_TARGET_BYTES, most, ({ delivery }) => JSON.stringify(delivery));
    return packs.map((pack) => ({
      members: pack.map(({ one }) => one),
      queue: pack[0]!.one.queue ?? deps.ownQueue,
      message: toMessage(pack, deps.now()),
    }));
  });
  const safe = await enqueueAll(outgoing, deps.enqueue);
  return outgoing.flatMap(({ members }, index) => (safe[index] ? members : []));
}

function groupKey(one: Returning): string {
  const { work, delaySeconds, appointed = false } = one;
  const { tenant, destination } = work.ref;
  return [tenant, destination, work.lane, delaySeconds, appointed, gatheredOf(one) > 0].join('#');
}

function gatheredOf({ work, gathered, alone }: Returning): number {
  return alone ? 0 : (gathered ?? work.gathered);
}

function deliveryOf({ work, n, alone, keyUntilMs }: Returning): DeliveryPack['items'][number] {
  const { alone: _, ...delivery } = work.delivery;
  // What was claimed once stays claimed: a success that nobody records would leave its claim open for ever.
  const staysClaimed = n === 1 && work.mode === 'claimsOff' && !work.unclaimed;
  return {
    ...delivery,
    n,
    ...(staysClaimed && { mode: 'atLeastOnce' as const }),
    ...(alone && { alone: true as const }),
    ...(keyUntilMs !== undefined && { keyUntilMs }),
  };
}

interface Item {
  readonly delivery: DeliveryPack['items'][number];
  readonly one: Returning;
}

function toMessage(items: readonly Item[], nowMs: number) {
  const { work, delaySeconds, appointed } = items[0]!.one;
  const { tenant, destination } = work.ref;
  const together = Math.max(...items.map(({ one }) => gatheredOf(one)));
  const pack: DeliveryPack = {
    v: 1,
    kind: 'deliveries',
    tenant,
    destination,
    lane: work.lane,
    items: items.map(({ delivery }) => delivery),
    ...(appointed && { appointed: true as const }),
    ...(together > 0 && { together }),
    ...(delaySeconds > MAX_DELAY_SECONDS && { notBefore: nowMs + delaySeconds * 1_000 }),
    hops: Math.max(...items.map(({ one }) => one.work.hops)) + 1,
  };
  const delay = Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil(delaySeconds)));
  return {
    body: JSON.stringify(pack),
    groupId: groupOf(tenant, destination),
    ...(delay > 0 && { delaySeconds: delay }),
  };
}
