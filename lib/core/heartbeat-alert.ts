import type { Alert, Texts } from './alert.ts';
import { type AlertState, eventOf } from './alert-state.ts';
import { derivedId } from './canonical.ts';
import type { Event } from './event.ts';
import type { Heartbeat, Stop, Telling } from './heartbeat.ts';
import { isoTime } from './iso-time.ts';
import type { Severity } from './severity.ts';
import type { TermsOf } from './terms.ts';

/** Labels that tell which heartbeat it is; its settings name none of these. */
export const OWN_LABELS = ['alertname', 'heartbeat', 'severity'] as const;

const NAME = 'HeartbeatStopped';
const FIRES_MS = 86_400_000;
const DEFAULT_SEVERITY: Severity = 'error';

/** The alert of a heartbeat that has stopped; the same however often it is made. */
export function firingOf(stop: Stop): Alert {
  const { heartbeat, lastMs } = stop;
  const description = `No beat since ${isoTime(lastMs)}; one is due every ${spanWords(heartbeat.everyMs)}.`;
  return { ...alertOf(stop, description), status: 'firing' };
}

/**
 * The event by which people are told that it has stopped, the same however often it is made. That of a repeat is a
 * reminder, of the time at which it is told.
 */
export function firingEvent(stop: Stop, { atMs, repeat }: Telling, termsOf: TermsOf): Event {
  const event = eventOf({ alert: firingOf(stop) }, atMs, termsOf);
  return repeat === 0 ? event : { ...event, id: `${event.id}-r${repeat}`, time: isoTime(atMs) };
}

/** The event by which people are told that it beats again. */
export function endEvent(stop: Stop, nowMs: number, termsOf: TermsOf): Event {
  return eventOf({ alert: endOf(stop) }, nowMs, termsOf);
}

/** What is known of its alert: it fires for as long as the timers say so, and a day longer. */
export function knownOf(alert: Alert, nowMs: number): AlertState {
  return { alert, untilMs: alert.endsAtMs ?? nowMs + FIRES_MS, at: nowMs };
}

/** Its end. A beat that a slow clock dates back ends it no sooner than it began. */
export function endOf(stop: Stop): Alert {
  const { sinceMs, endedMs = sinceMs } = stop;
  const endsAtMs = Math.max(endedMs, sinceMs);
  const description = `Stopped from ${isoTime(sinceMs)} until ${isoTime(endsAtMs)}.`;
  return { ...alertOf(stop, description), status: 'resolved', endsAtMs };
}

function alertOf({ heartbeat, sinceMs }: Stop, description: string): Omit<Alert, 'status'> {
  const { id, title = `Heartbeat "${id}" has stopped` } = heartbeat;
  return {
    source: 'heartbeat',
    name: NAME,
    labels: labelsOf(heartbeat),
    annotations: { summary: title, description },
    // Whatever its labels are changed to, it stays the same alert.
    fingerprint: derivedId('hb', id),
    startsAtMs: sinceMs,
  };
}

function labelsOf({ id, severity = DEFAULT_SEVERITY, labels }: Heartbeat): Texts {
  return { instance: id, ...labels, alertname: NAME, heartbeat: id, severity };
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** `90 seconds`, `5 minutes`, `1 day`: in the largest unit of which it is a whole number. */
export function spanWords(ms: number): string {
  const [unit, size] = UNITS.find(([, one]) => ms % one === 0) ?? ['second', 1_000];
  const count = ms / size;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
