import { incidentOf, isEnd } from './escalation.ts';
import type { Event } from './event.ts';
import { happenedMs } from './incident.ts';

/** Who has heard of an incident in place of a destination, and is to hear of its end as well. */
export interface StandIns {
  readonly told: readonly string[];
  /** When the newest of what they have heard began, epoch ms. */
  readonly began?: number;
  /** The newest end that the destination was to hear of. */
  readonly end?: { readonly event: string; readonly atMs: number };
}

export const NO_STAND_INS: StandIns = { told: [] };

interface Place {
  readonly incident: string;
  /** The destination in whose place others hear. */
  readonly from: string;
  /** When it happened, epoch ms. */
  readonly atMs: number;
}
/** `to` hears that it began. */
type BeginNote = Place & { readonly kind: 'begin'; readonly to: string };
type EndNote = Place & { readonly kind: 'end'; readonly event: string };
export type StandInNote = BeginNote | EndNote;

/** An end of which somebody is to hear in place of a destination. */
export interface OwedEnd {
  readonly event: string;
  readonly from: string;
  readonly to: string;
}

export interface Noted {
  readonly known: StandIns;
  readonly owed: readonly OwedEnd[];
}

/**
 * What is known after a note, and which ends it makes somebody hear of. Begin and end are noted in any order, and
 * whichever comes second finds the other. A note that comes again changes nothing, and says the same.
 */
export function afterNote(known: StandIns, note: StandInNote): Noted {
  return note.kind === 'begin' ? afterBegin(known, note) : afterEnd(known, note);
}

function afterBegin(known: StandIns, { from, to, atMs }: BeginNote): Noted {
  const { told, began = -Infinity, end } = known;
  // Who heard of what the last end ended has heard of that end, too.
  const isAnew = end !== undefined && began <= end.atMs && end.atMs < atMs;
  const together = isAnew ? [to] : [...new Set([...told, to])];
  const isOver = end !== undefined && atMs <= end.atMs;
  return {
    known: { ...known, told: together, began: Math.max(began, atMs) },
    owed: isOver ? [{ event: end.event, from, to }] : [],
  };
}

function afterEnd(known: StandIns, { from, event, atMs }: EndNote): Noted {
  const { told, began = -Infinity, end } = known;
  const isFirst = end === undefined || end.atMs < atMs;
  const haveHeard = end !== undefined && began <= end.atMs;
  const next = isFirst ? { ...known, told: haveHeard ? [] : told, end: { event, atMs } } : known;
  // An end of what was before they began to hear of it says nothing to them.
  const isTheirs = next.end?.event === event && began <= atMs;
  return { known: next, owed: isTheirs ? next.told.map((to) => ({ event, from, to })) : [] };
}

/** What is to be noted of an event that another destination hears of, because the first one has not accepted it. */
export function beginNote(event: Event, nowMs: number): StandInNote | undefined {
  const { failsOver, to: [to] = [], dedupeKey } = event;
  if (!failsOver || to === undefined || dedupeKey === undefined || isEnd(event)) return undefined;
  const { from } = failsOver;
  return { kind: 'begin', incident: incidentOf(event), from, to, atMs: happenedMs(event, nowMs) };
}

/** What is to be noted of an end that a destination hears of. A replay goes where somebody sent it, and ends nothing. */
export function endNote(event: Event, from: string, nowMs: number): StandInNote | undefined {
  if (!isEnd(event) || event.dedupeKey === undefined || event.replayOf !== undefined) return undefined;
  return { kind: 'end', incident: incidentOf(event), from, event: event.id, atMs: happenedMs(event, nowMs) };
}

/** The event of an end once more, for somebody who hears of it in place of a destination. */
export function endInPlace(event: Event, { from, to }: OwedEnd): Event {
  return { ...event, to: [to], failsOver: { from } };
}
