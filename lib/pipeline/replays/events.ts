import { canonicalHash, derivedId } from '../../core/canonical.ts';
import type { Event } from '../../core/event.ts';
import type { Kept, RecordWrite } from '../../core/event-record.ts';
import { type EventPack, MESSAGE_VERSION, packBySize } from '../../core/message.ts';
import {
  type Candidate,
  type EventFilter,
  type Page,
  REPLAY_PREFIX,
  type ReplayJob,
  type Slot,
} from '../../core/replay.ts';
import { type Enqueue, enqueueAll } from '../queues.ts';
import type { Source } from '../replays.ts';
import { delayOf, replayGroup } from './dead.ts';

export interface PastEvent extends Candidate {
  readonly event: string;
}

export interface EventDeps {
  readonly pages: {
    readonly events: (
      tenant: string,
      filter: EventFilter,
      cursor: string,
      limit: number,
    ) => Promise<Page<PastEvent>>;
  };
  readonly replays: {
    readonly events: (tenant: string, ids: readonly string[]) => Promise<ReadonlyMap<string, Event>>;
  };
  readonly events: { readonly write: (tenant: string, writes: readonly RecordWrite[]) => Promise<Kept> };
  readonly enqueue: Enqueue;
  readonly eventsQueue: string;
  readonly now: () => number;
}

/**
 * Past events: a replay posts copies of them, which go the way of every event. The id of a copy follows from
 * the replay and the event, and so do its claims: the deliveries of the original do not swallow it, another
 * replay sends it once more, and the same page sent twice, after a crash, makes nothing new.
 */
export function eventSource(
  { tenant, id: replay }: ReplayJob,
  filter: EventFilter,
  deps: EventDeps,
): (job: ReplayJob) => Source<PastEvent> {
  return ({ cursor }) => ({
    page: (limit) => deps.pages.events(tenant, filter, cursor, limit),
    async send(slots) {
      const nowMs = deps.now();
      const originals = await deps.replays.events(
        tenant,
        slots.map(({ candidate }) => candidate.event),
      );
      const copies = oncePerEvent(slots).flatMap((slot) => copyOf(replay, originals, filter, slot));
      const packs = packsOf(replay, tenant, copies, nowMs);
      const outgoing = packs.map(({ pack, delaySeconds }) => ({
        queue: deps.eventsQueue,
        message: { body: JSON.stringify(pack), groupId: replayGroup(tenant), delaySeconds },
      }));
      // As in ingest: a record exists only of what is in the queue.
      const safe = await enqueueAll(outgoing, deps.enqueue);
      if (safe.includes(false)) throw new Error('some copies could not be enqueued');
      const writes = packs.flatMap(({ pack }) =>
        pack.items.map((event) => recordOf(event, pack.pack, nowMs)),
      );
      const kept = writes.length === 0 ? [] : await deps.events.write(tenant, writes);
      if (kept.includes(undefined)) throw new Error('some copies could not be recorded');
      return copies.reduce((sum, { event }) => sum + (event.to?.length ?? 0), 0);
    },
  });
}

/** An event that was posted twice at once is listed by two packs; its copy is one, to all that either names. */
function oncePerEvent(slots: readonly Slot<PastEvent>[]): Slot<PastEvent>[] {
  const byEvent = Map.groupBy(slots, ({ candidate }) => candidate.event);
  return [...byEvent.values()].map((same) => {
    const { candidate, atMs } = same[0]!;
    return { candidate, atMs, to: [...new Set(same.flatMap(({ to }) => to))] };
  });
}

interface Copy {
  readonly event: Event;
  readonly atMs: number;
}

/** A copy of an event of the time asked for; hours are read as a whole, and events may be gone. */
function copyOf(
  replay: string,
  originals: ReadonlyMap<string, Event>,
  { from, to: end }: EventFilter,
  { candidate, to, atMs }: Slot<PastEvent>,
): Copy[] {
  const original = originals.get(candidate.event);
  if (!original || original.time < from || original.time >= end) return [];
  const id = derivedId(REPLAY_PREFIX, replay, original.id);
  // Whoever replays it wants it now.
  const { expiresAt: _, scheduledAt: __, escalates: ___, ...lasting } = original;
  return [{ event: { ...lasting, id, lane: 'normal', to, replayOf: original.id }, atMs }];
}

function packsOf(replay: string, tenant: string, copies: readonly Copy[], nowMs: number) {
  const groups = Map.groupBy(copies, ({ atMs }) => delayOf(atMs, nowMs));
  return [...groups].flatMap(([delaySeconds, group]) =>
    packBySize(group.map(({ event }) => event)).map((items) => {
      const id = derivedId(REPLAY_PREFIX, replay, ...items.map((event) => event.id));
      const pack: EventPack = { v: MESSAGE_VERSION, kind: 'events', tenant, pack: id, items };
      return { pack, delaySeconds };
    }),
  );
}

function recordOf(event: Event, pack: string, at: number): RecordWrite {
  const hash = canonicalHash(event);
  return { kind: 'event', event, hash, pack, at, isAlert: false, isContested: false };
}
