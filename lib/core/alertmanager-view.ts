import type { Texts } from './alert.ts';
import type { AlertState } from './alert-state.ts';
import type { Event } from './event.ts';
import { isoTime } from './iso-time.ts';
import type { LabelMatcher } from './label-matcher.ts';
import { type Silence, type SilenceState, silenceState } from './silence.ts';
import { compilePath, textOf } from './template.ts';

/* Alerts and silences as Alertmanager's interface shows them (prometheus/alertmanager api/v2/openapi.yaml). */

/** What the rules make of an alert now. */
export interface AlertFate {
  /** Destinations that its routes lead to. */
  readonly receivers: readonly string[];
  /** Ids of silences, and of inhibition rules. */
  readonly silencedBy: readonly string[];
  readonly inhibitedBy: readonly string[];
  /** Nobody hears of it. */
  readonly isSuppressed: boolean;
}

export function alertView({ alert, untilMs, at }: AlertState, fate: AlertFate): object {
  const { receivers, silencedBy, inhibitedBy, isSuppressed } = fate;
  const { labels, annotations, fingerprint, startsAtMs = at, generatorURL } = alert;
  return {
    labels,
    annotations,
    fingerprint,
    startsAt: isoTime(startsAtMs),
    endsAt: isoTime(untilMs),
    updatedAt: isoTime(at),
    ...(generatorURL !== undefined && { generatorURL }),
    receivers: receivers.map((name) => ({ name })),
    status: { state: isSuppressed ? 'suppressed' : 'active', silencedBy, inhibitedBy },
  };
}

const LABEL = 'data.labels.';

/** What an alert has in common with its group: what `by` names, or all labels where nothing groups. */
export function groupLabels(event: Event, labels: Texts, by: readonly string[] | undefined): Texts {
  if (!by) return labels;
  const said = by.map((path) => [nameOf(path), textOf(compilePath(path)(event))] as const);
  return Object.fromEntries(said.filter(([, value]) => value !== ''));
}

/** The name of the label that a path leads to; the path where it leads elsewhere. */
function nameOf(path: string): string {
  if (path === 'data.alertname') return 'alertname';
  return path.startsWith(LABEL) ? path.slice(LABEL.length) : path;
}

const STATES: Readonly<Record<SilenceState, string>> = {
  pending: 'pending',
  active: 'active',
  resting: 'pending',
  ended: 'expired',
};
/** The interface knows no silence without an end. */
const NEVER_MS = Date.UTC(9999, 0);

export function silenceView(silence: Silence, nowMs: number): object {
  const { id, reason, author = '', startsAt, endsAt = NEVER_MS, at } = silence;
  return {
    id,
    matchers: matchersOf(silence),
    startsAt: isoTime(startsAt),
    endsAt: isoTime(endsAt),
    updatedAt: isoTime(at),
    createdBy: author,
    comment: reason,
    status: { state: STATES[silenceState(silence, nowMs)] },
  };
}

/** A silence that was made in Fanfare's own words shows them in the place of matchers. */
export function matchersOf({
  matchers,
  topics,
  match,
  when,
  destinations,
}: Silence): readonly LabelMatcher[] {
  if (matchers) return matchers;
  const words = { topics, match, when, destinations };
  return Object.entries(words).flatMap(([name, said]) => {
    if (said === undefined) return [];
    const value = typeof said === 'string' ? said : JSON.stringify(said);
    return { name, value, isRegex: false, isEqual: true };
  });
}
