import { type Alert, type Texts, draftOfAlert, identityOf } from './alert.ts';
import type { Event } from './event.ts';
import { isoTime } from './iso-time.ts';
import { DEFAULT_TERMS, type TermsOf } from './terms.ts';

/** What was last told of an alert: whether it fires is known without looking for its events. */
export interface AlertState {
  readonly alert: Alert;
  /** Epoch ms until which it counts as firing, or at which it ended. */
  readonly untilMs: number;
  /** When this was written, epoch ms. */
  readonly at: number;
}

/** Of a source that repeats an alert without saying how long it lasts; Alertmanager repeats every 4 hours. */
const UNSAID_MS = 86_400_000;
/** An item of 1 KB is one write unit; what explains an alert at length stands in its event. */
const MAX_ANNOTATIONS_BYTES = 2_048;

export function isFiring({ alert, untilMs }: AlertState, nowMs: number): boolean {
  return alert.status === 'firing' && untilMs > nowMs;
}

/** The event that the routes would see of it now. */
export function eventOf(
  { alert }: Pick<AlertState, 'alert'>,
  nowMs: number,
  termsOf: TermsOf = DEFAULT_TERMS,
): Event {
  const draft = draftOfAlert(alert, nowMs);
  return { ...draft, id: identityOf(alert), time: draft.time ?? isoTime(nowMs), ...termsOf(draft) };
}

/** The events of those that fire. */
export function firingIn(states: readonly AlertState[], nowMs: number): Event[] {
  return states.filter((state) => isFiring(state, nowMs)).map((state) => eventOf(state, nowMs));
}

/**
 * What is to be written once an alert was posted; `undefined` when it changes nothing. `isNews`: its event goes out,
 * so what is known of it is renewed; a duplicate renews only what would lapse before its source speaks again, or
 * what was never written because somebody died.
 */
export function nextState(
  known: AlertState | undefined,
  alert: Alert,
  nowMs: number,
  isNews: boolean,
): AlertState | undefined {
  const next = { alert: { ...alert, annotations: shortened(alert.annotations) }, at: nowMs };
  if (alert.status === 'resolved') {
    const endedMs = alert.endsAtMs ?? nowMs;
    const ends = known?.alert.status === 'firing' && endedMs >= (known.alert.startsAtMs ?? 0);
    return ends ? { ...next, untilMs: endedMs } : undefined;
  }
  const untilMs = alert.lapsesAtMs ?? nowMs + UNSAID_MS;
  if (!known || isNews) return { ...next, untilMs };
  const isOver = known.alert.status === 'resolved';
  if (isOver && (alert.startsAtMs ?? Infinity) <= known.untilMs) return undefined;
  const isWide = known.untilMs - nowMs >= (untilMs - nowMs) / 2;
  return !isOver && isWide ? undefined : { ...next, untilMs };
}

/**
 * Two servers that watch the same thing see it begin and end at times of their own: what overlaps is one alert, with
 * the times that were told first.
 */
export function joined(alert: Alert, known: AlertState | undefined): Alert {
  if (!known || (alert.startsAtMs ?? 0) > known.untilMs) return alert;
  const { status, startsAtMs, endsAtMs } = known.alert;
  return {
    ...alert,
    ...(startsAtMs !== undefined && { startsAtMs }),
    ...(status === 'resolved' && alert.status === 'resolved' && endsAtMs !== undefined && { endsAtMs }),
  };
}

function shortened(annotations: Texts): Texts {
  if (3 * charactersIn(annotations) <= MAX_ANNOTATIONS_BYTES) return annotations;
  let left = MAX_ANNOTATIONS_BYTES;
  return Object.fromEntries(
    Object.entries(annotations).filter(
      ([name, text]) => (left -= Buffer.byteLength(name) + Buffer.byteLength(text)) >= 0,
    ),
  );
}

/** Of names and texts; each takes at most three bytes. */
function charactersIn(annotations: Texts): number {
  let characters = 0;
  for (const name in annotations) characters += name.length + annotations[name]!.length;
  return characters;
}
