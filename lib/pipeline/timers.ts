import type { Claim, DeliveryRef } from '../core/claim.ts';
import type { Delivery } from '../core/delivery.ts';
import type { DueEntry } from '../core/due-entry.ts';
import type { Lane } from '../core/event.ts';
import type { Incident } from '../core/incident.ts';
import {
  type DeliveryPack,
  type OutgoingMessage,
  PACK_MAX_DELIVERIES,
  PACK_TARGET_BYTES,
  packBySize,
} from '../core/message.ts';
import type { DeliveryMode } from '../core/mode.ts';
import type { Notification } from '../core/notification.ts';
import { retentionOf } from '../core/retention.ts';
import type { Written } from '../core/written.ts';
import { type BuryDeps, bury } from './bury.ts';
import {
  type DeliverQueues,
  type Enqueue,
  type Outgoing,
  deliverQueue,
  enqueueAll,
  groupOf,
} from './queues.ts';

/** A delivery whose next attempt is due, or one that has been held long enough. */
export interface DueDelivery {
  readonly ref: DeliveryRef;
  readonly dueAt: string;
  /** The attempt that is over. */
  readonly attempt: number;
  readonly channel: string;
  /** Absent: normal. */
  readonly lane?: Lane;
  readonly since: number;
  readonly content: Notification;
  readonly mode?: DeliveryMode;
  readonly retentionDays?: number;
  readonly expiresAtMs?: number;
  readonly keyUntilMs?: number;
  readonly incident?: Incident;
  /** Set for one that was held: its claim as it was found. */
  readonly held?: Claim;
}

export interface TimerDeps extends BuryDeps {
  readonly due: {
    readonly minutes: () => Promise<readonly number[]>;
    /** What is due in a minute, of every kind, a page at a time. */
    readonly entries: (minute: number) => AsyncIterable<readonly DueEntry[]>;
    /** The deliveries among these that still wait. */
    readonly waiting: (entries: readonly DueEntry[]) => Promise<readonly DueDelivery[]>;
    readonly postpone: (dues: readonly DueDelivery[], byMs: number) => Promise<readonly Written[]>;
    readonly swept: (minute: number) => Promise<void>;
  };
  readonly enqueue: Enqueue;
  readonly queues: DeliverQueues;
  /** Look after what is due and no delivery. */
  readonly duties?: readonly Duty[];
  readonly remainingMs: () => number;
}

/** Looks after its own among what is due; whether that was all of it. */
export type Duty = (entries: readonly DueEntry[]) => Promise<boolean>;

/** An entry comes up again after this, unless the message that was sent for it has been claimed by then. */
const AGAIN_MS = 900_000;
const RESERVE_MS = 10_000;

/**
 * Looks after what is due in the minutes not swept yet. An entry is moved on after its message is safe, and only a
 * claim or a terminal write removes it: a message that is lost on the way comes again. What this run does
 * not come to is left to the next one: the note says how far it came.
 */
export async function runTimers(deps: TimerDeps): Promise<void> {
  let count = 0;
  let swept: number | undefined;
  for (const minute of await deps.due.minutes()) {
    let complete = true;
    for await (const entries of deps.due.entries(minute)) {
      complete = deps.remainingMs() >= RESERVE_MS && (await lookAfter(entries, deps));
      if (!complete) break;
      count += entries.length;
    }
    if (!complete || deps.remainingMs() < RESERVE_MS) break;
    swept = minute;
  }
  if (swept !== undefined) await deps.due.swept(swept);
  if (count > 0) deps.telemetry.log('info', 'entries due', { count });
}

async function lookAfter(entries: readonly DueEntry[], deps: TimerDeps): Promise<boolean> {
  const done = [
    goOn(await deps.due.waiting(entries), deps),
    ...(deps.duties ?? []).map((duty) => duty(entries)),
  ];
  return (await Promise.all(done)).every(Boolean);
}

/** Ends deliveries that were held, sends on the rest; whether that was all of it. */
async function goOn(due: readonly DueDelivery[], deps: TimerDeps): Promise<boolean> {
  const held = due.filter((one) => one.held);
  const buried = await giveUp(held, deps);
  const sent = await sendOn(
    due.filter((one) => !one.held),
    deps,
  );
  return buried && sent;
}

/** Nobody found out in time whether the provider had accepted them. */
async function giveUp(held: readonly DueDelivery[], deps: TimerDeps): Promise<boolean> {
  const plans = held.map(({ ref, attempt, channel, since, content, retentionDays, held: seen }) => {
    return { ref, reason: 'ambiguous' as const, attempt, channel, since, content, retentionDays, seen };
  });
  return await bury(plans, deps, true);
}

/** Enqueues a page of what is due, then moves on what is safe; whether that was all of it. */
async function sendOn(due: readonly DueDelivery[], deps: TimerDeps): Promise<boolean> {
  const outgoing = packsOf(due, deps.queues);
  const safe = await enqueueAll(outgoing, deps.enqueue);
  const gone = outgoing.flatMap(({ members }, index) => (safe[index] ? members : []));
  const moved = gone.length === 0 ? [] : await deps.due.postpone(gone, AGAIN_MS);
  return gone.length === due.length && moved.every(({ kind }) => kind !== 'unknown');
}

/** Messages that carry deliveries on to their next attempt. */
export function packsOf<D extends DueDelivery>(
  due: readonly D[],
  queues: DeliverQueues,
): (Outgoing & { readonly members: readonly D[] })[] {
  const groups = Map.groupBy(due, ({ ref, channel, lane = 'normal' }) =>
    [ref.tenant, ref.destination, channel, lane].join('#'),
  );
  return [...groups.values()].flatMap((group) =>
    packBySize(group, PACK_TARGET_BYTES, PACK_MAX_DELIVERIES, (one) => JSON.stringify(deliveryOf(one))).map(
      (members) => ({
        members,
        queue: deliverQueue(queues, members[0]!.channel, members[0]!.lane ?? 'normal'),
        message: toMessage(members),
      }),
    ),
  );
}

function deliveryOf(due: DueDelivery): Delivery {
  const { attempt, since, content, mode, expiresAtMs, keyUntilMs, incident } = due;
  return {
    notification: content,
    n: attempt + 1,
    since,
    ...(mode && { mode }),
    ...retentionOf(due),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    ...(keyUntilMs !== undefined && { keyUntilMs }),
    ...(incident && { incident }),
  };
}

function toMessage(members: readonly DueDelivery[]): OutgoingMessage {
  const { ref, lane = 'normal' } = members[0]!;
  const { tenant, destination } = ref;
  const items = members.map(deliveryOf);
  const pack: DeliveryPack = { v: 1, kind: 'deliveries', tenant, destination, lane, items };
  return { body: JSON.stringify(pack), groupId: groupOf(tenant, destination) };
}
