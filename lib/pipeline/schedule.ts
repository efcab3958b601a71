import type { DueEntry } from '../core/due-entry.ts';
import type { Event } from '../core/event.ts';
import { type EventPack, MESSAGE_VERSION } from '../core/message.ts';
import { delayUntil } from '../core/schedule.ts';
import type { Written } from '../core/written.ts';
import { type Enqueue, type Outgoing, enqueueAll } from './queues.ts';

export interface HeldEvent {
  readonly entry: DueEntry;
  readonly event: Event;
  readonly pack: string;
  readonly untilMs: number;
}

export interface ScheduleDeps {
  readonly schedule: {
    readonly held: (entries: readonly DueEntry[]) => Promise<readonly HeldEvent[]>;
    readonly postpone: (held: readonly HeldEvent[], byMs: number) => Promise<readonly Written[]>;
  };
  readonly enqueue: Enqueue;
  /** URLs of the two event queues. */
  readonly eventQueues: { readonly normal: string; readonly urgent: string };
  readonly now: () => number;
}

/** An entry comes up again after this, unless fan-out has taken its event out of the schedule by then. */
const AGAIN_MS = 900_000;

/**
 * Sends events on whose time comes; whether that was all of them. An entry is moved on after its message is safe in
 * the queue, and only fan-out removes it: a message that is lost on the way comes again. A second one is harmless: it
 * is the same pack, and finds the record of the first.
 */
export async function sendScheduled(entries: readonly DueEntry[], deps: ScheduleDeps): Promise<boolean> {
  const held = await deps.schedule.held(entries);
  if (held.length === 0) return true;
  const nowMs = deps.now();
  const safe = await enqueueAll(
    held.map((one) => toOutgoing(one, nowMs, deps)),
    deps.enqueue,
  );
  const gone = held.filter((_, index) => safe[index]);
  const moved = gone.length === 0 ? [] : await deps.schedule.postpone(gone, AGAIN_MS);
  return gone.length === held.length && moved.every(({ kind }) => kind !== 'unknown');
}

function toOutgoing({ entry, event, pack, untilMs }: HeldEvent, nowMs: number, deps: ScheduleDeps): Outgoing {
  const { tenant } = entry;
  const body: EventPack = { v: MESSAGE_VERSION, kind: 'events', tenant, pack, items: [event] };
  return {
    queue: deps.eventQueues[event.lane],
    message: { body: JSON.stringify(body), groupId: tenant, delaySeconds: delayUntil(untilMs, nowMs) },
  };
}
