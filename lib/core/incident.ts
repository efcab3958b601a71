import { derivedId } from './canonical.ts';
import type { Event } from './event.ts';
import { isObject } from './is-object.ts';
import { MAX_FUTURE_MS, parseIsoTime } from './iso-time.ts';

/** What several deliveries to one destination tell of: an alert, or a group of them. */
export interface Incident {
  readonly id: string;
  /** Of two that tell of it, the higher one is the newer. */
  readonly seq: number;
}

/** What was last told of an incident at a destination. */
export interface Told {
  /** The newest that was accepted, or may have been. */
  readonly lastSeq?: number;
  readonly message?: Message;
  /** It said that the incident is over: whatever begins anew gets a message of its own. */
  readonly ended?: boolean;
  /** Whoever tells something now: one at a time. */
  readonly inFlight?: Turn;
}

/** The message that tells of an incident. */
export interface Message {
  /** As its provider calls it. */
  readonly providerId: string;
  /** Where it was sent to: a destination that moves leaves its messages behind. */
  readonly place: string;
}

/** The right to tell of an incident, until it is left or lapses. */
export interface Turn {
  readonly takenBy: string;
  readonly seq: number;
  readonly untilMs: number;
}

/** An incident at a destination. */
export interface IncidentRef {
  readonly tenant: string;
  readonly destination: string;
  readonly incident: Incident;
}

/** Where a delivery would be seen: what messages its channel can change there, and what it tells. */
interface Telling {
  /** Absent: messages there cannot be changed. */
  readonly place: string | undefined;
  readonly isEnd: boolean;
}

/**
 * The message that is to change, as its provider calls it; `undefined`: a new one is sent. What begins anew after its
 * end is news: a change of the old message would be seen by nobody.
 */
export function messageToChange({ message, ended }: Told, { place, isEnd }: Telling): string | undefined {
  const isNews = ended === true && !isEnd;
  return message !== undefined && message.place === place && !isNews ? message.providerId : undefined;
}

/** Whether a turn may be had. */
export type TurnJudgement =
  | { readonly kind: 'free'; readonly told: Omit<Told, 'inFlight'> }
  /** Something newer was told. */
  | { readonly kind: 'superseded' }
  | { readonly kind: 'busy'; readonly untilMs: number };

/** What became of a turn. */
export type TurnEnd =
  /** Told, or it may have been; without `message` nobody knows by which one. */
  | {
      readonly kind: 'told';
      readonly seq: number;
      readonly message?: Message | undefined;
      readonly ended: boolean;
    }
  | { readonly kind: 'untold' }
  /** The message that was to change is gone. */
  | { readonly kind: 'lost' };

/** Reads an incident out of a message or an item; what is none counts as absent. */
export function readIncident(value: unknown): Incident | undefined {
  if (!isObject(value)) return undefined;
  const { id, seq } = value;
  return typeof id === 'string' && id !== '' && Number.isFinite(seq) ? { id, seq: Number(seq) } : undefined;
}

/**
 * The incident that an alert's event tells of. A resolve comes after the firing that it ends even where both are said
 * to have happened at once. A time further ahead than clocks differ counts as now: it would keep back all that follows.
 */
export function incidentOf(event: Event, nowMs: number): Incident | undefined {
  const { dedupeKey, data } = event;
  const { status } = data;
  if (dedupeKey === undefined || (status !== 'firing' && status !== 'resolved')) return undefined;
  const seq = 2 * happenedMs(event, nowMs) + (status === 'resolved' ? 1 : 0);
  return { id: derivedId('in', dedupeKey), seq };
}

/**
 * When what an event tells of happened, epoch ms. The event's own time is not that of an alert that began long ago
 * (`draftOfAlert`).
 */
export function happenedMs({ data, time }: Pick<Event, 'data' | 'time'>, nowMs: number): number {
  const begunMs = msOf(data['startsAt']);
  const toldMs = (data['status'] === 'resolved' ? msOf(data['endsAt']) : begunMs) ?? msOf(time) ?? nowMs;
  const atMs = Math.max(toldMs, begunMs ?? toldMs);
  return atMs <= nowMs + MAX_FUTURE_MS ? atMs : nowMs;
}

function msOf(value: unknown): number | undefined {
  return typeof value === 'string' ? parseIsoTime(value) : undefined;
}

/** Decides whether `takenBy` may tell `seq` now. Who fell silent may have been heard: what it had to tell counts. */
export function judgeTurn(told: Told, { takenBy, seq }: Omit<Turn, 'untilMs'>, nowMs: number): TurnJudgement {
  const { inFlight, lastSeq = -Infinity, message, ended } = told;
  const isLapsed = inFlight !== undefined && inFlight.untilMs <= nowMs;
  const silentSeq = isLapsed && inFlight.takenBy !== takenBy ? inFlight.seq : -Infinity;
  const newest = Math.max(lastSeq, silentSeq);
  if (seq < newest) return { kind: 'superseded' };
  if (inFlight && !isLapsed && inFlight.takenBy !== takenBy)
    return { kind: 'busy', untilMs: inFlight.untilMs };
  // Of an incident that begins anew the old message says nothing, and the new one may be there, unknown to us.
  const isOld = ended === true && silentSeq > lastSeq;
  return {
    kind: 'free',
    told: {
      ...(newest > -Infinity && { lastSeq: newest }),
      ...(message && !isOld && { message }),
      ...(ended && !isOld && { ended }),
    },
  };
}
