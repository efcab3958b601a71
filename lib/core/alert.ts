import { derivedId, sha256Hex } from './canonical.ts';
import type { Draft } from './event-input.ts';
import type { InputError } from './input-error.ts';
import { isTimely, isoTime } from './iso-time.ts';
import type { Mutable } from './mutable.ts';
import { SEVERITIES, type Severity } from './severity.ts';

/** Kinds of systems that post alerts. */
export const ALERT_SOURCES = ['alertmanager', 'prometheus', 'generic'] as const;
export type AlertSource = (typeof ALERT_SOURCES)[number];

export type Texts = Readonly<Record<string, string>>;

/** One alert, in the words all sources are read into. Times are epoch ms; absent when the source gave none. */
export interface Alert {
  /** What posted it; `heartbeat`: one that has stopped. */
  readonly source: AlertSource | 'heartbeat';
  readonly name: string;
  readonly status: 'firing' | 'resolved';
  readonly labels: Texts;
  readonly annotations: Texts;
  readonly fingerprint: string;
  readonly startsAtMs?: number;
  readonly endsAtMs?: number;
  /** It fires no longer than this unless its source says so again. */
  readonly lapsesAtMs?: number;
  readonly generatorURL?: string;
  readonly externalURL?: string;
  readonly receiver?: string;
  /** Some of the annotations were cut. */
  readonly truncated?: true;
}

export type ParsedAlert =
  | { readonly ok: true; readonly alert: Alert }
  | { readonly ok: false; readonly errors: readonly InputError[] };

/** What a source's parser makes of a body: its alerts one by one, or why none can be read. */
export type ParsedAlerts =
  | { readonly ok: true; readonly alerts: readonly ParsedAlert[] }
  | { readonly ok: false; readonly errors: readonly InputError[] };

/** Alerts of one post. */
export const MAX_ALERTS = 1_000;

/** The source's own fingerprint, else SHA-256 over name and labels, in any order of the labels. */
export function fingerprintOf(given: string | undefined, name: string, labels: Texts): string {
  return given || sha256Hex([name, labels]);
}

/**
 * What makes two posts the same alert: a repeat has the same identity, another firing of the same alert has
 * not, because it began at another time. It is also the id of the alert's first event.
 */
export function identityOf({ source, fingerprint, status, startsAtMs, endsAtMs }: Alert): string {
  const at = status === 'firing' ? startsAtMs : (endsAtMs ?? startsAtMs);
  return derivedId('al', source, fingerprint, status, String(at ?? ''));
}

/** Identity under which a resolved alert fired; `undefined` when it does not say when it began. */
export function firingIdentityOf(alert: Alert): string | undefined {
  if (alert.status === 'firing' || alert.startsAtMs === undefined) return undefined;
  return identityOf({ ...alert, status: 'firing' });
}

/** The event of an alert. Its time is when it began or ended, unless that is too long ago to be news. */
export function draftOfAlert(alert: Alert, nowMs: number): Draft {
  const { source, name, status, labels, fingerprint, startsAtMs, endsAtMs, truncated } = alert;
  const atMs = (status === 'firing' ? startsAtMs : endsAtMs) ?? nowMs;
  const severity = severityOf(labels['severity']);
  const draft: Mutable<Draft> = {
    topic: TOPIC_OF[status],
    source,
    subject: name,
    time: isoTime(isTimely(atMs, nowMs) ? atMs : nowMs),
    dedupeKey: fingerprint,
    data: dataOf(alert),
  };
  if (severity) draft.severity = severity;
  if (truncated) draft.truncated = true;
  return draft;
}

/** Members that may be missing are set one by one: a spread for each costs several times as much. */
function dataOf(alert: Alert): Draft['data'] {
  const { name, status, labels, annotations, fingerprint, startsAtMs, endsAtMs } = alert;
  const { generatorURL, externalURL, receiver } = alert;
  const data: Record<string, unknown> = {
    title: titleOf(alert),
    text: textOf(alert),
    status,
    alertname: name,
    labels,
    annotations,
    fingerprint,
  };
  if (startsAtMs !== undefined) data['startsAt'] = isoTime(startsAtMs);
  if (endsAtMs !== undefined) data['endsAt'] = isoTime(endsAtMs);
  if (generatorURL !== undefined) data['generatorURL'] = generatorURL;
  if (externalURL !== undefined) data['externalURL'] = externalURL;
  if (receiver !== undefined) data['receiver'] = receiver;
  return data;
}

const TOPIC_OF = { firing: 'alert.firing', resolved: 'alert.resolved' } as const;
const WORD_OF = { firing: '[FIRING]', resolved: '[RESOLVED]' } as const;

/** `[FIRING] HighErrorRate (api-1:9090)` */
function titleOf({ status, name, labels }: Alert): string {
  const instance = labels['instance'];
  return instance ? `${WORD_OF[status]} ${name} (${instance})` : `${WORD_OF[status]} ${name}`;
}

/** Summary and description as their author wrote them; without either, the labels. */
function textOf({ labels, annotations }: Alert): string {
  const { summary, description, message } = annotations;
  const lines: string[] = [];
  for (const text of [summary, description, message]) {
    const line = text?.trim();
    if (line && !lines.includes(line)) lines.push(line);
  }
  if (lines.length > 0) return lines.join('\n');
  return Object.entries(labels)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}

const SEVERITY_WORDS: Readonly<Record<Severity, readonly string[]>> = {
  critical: ['critical', 'crit', 'fatal', 'emergency', 'disaster', 'page', 'p1', 'sev1'],
  error: ['error', 'err', 'high', 'major', 'alert', 'p2', 'sev2'],
  warning: ['warning', 'warn', 'medium', 'minor', 'average', 'p3', 'sev3'],
  info: ['info', 'information', 'informational', 'notice', 'low', 'ok', 'none', 'p4', 'p5', 'sev4', 'sev5'],
  debug: ['debug', 'trace'],
};

const SEVERITY_OF: ReadonlyMap<string, Severity> = new Map(
  SEVERITIES.flatMap((severity) => SEVERITY_WORDS[severity].map((word) => [word, severity] as const)),
);

/** Maps the words teams use in `labels.severity` onto our five; an unknown word says nothing. */
export function severityOf(word: string | undefined): Severity | undefined {
  return SEVERITY_OF.get((word ?? '').trim().toLowerCase());
}
