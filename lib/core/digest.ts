import type { Event } from './event.ts';
import { type Group, type WindowRef, digestId } from './group-window.ts';
import type { Firing, News } from './alert-group.ts';
import { isoTime } from './iso-time.ts';
import type { Member } from './member.ts';
import type { DeliveryMode } from './mode.ts';
import { longestOf } from './retention.ts';
import { SEVERITIES, type Severity, worstOf } from './severity.ts';

/** Topic of the events that windows lead to. */
export const DIGEST_TOPIC = 'fanfare.digest';

/** Lines of a digest; the channel shortens what is too long for its provider. */
const MAX_LINES = 50;

type Window = Group & Pick<WindowRef, 'n'>;

/** The event of a window of alerts: what fires, what has ended, a line each. */
export function alertDigest(window: Window, news: News, members: readonly Member[], nowMs: number): Event {
  const { firing, resolved, events } = news;
  const counts = Object.entries({
    FIRING: firing.length,
    RESOLVED: resolved.length,
    EVENTS: events.length,
  }).filter(([, count]) => count > 0);
  const texts = new Map(members.map(({ key, text }) => [key, text]));
  const lines = [
    ...firing.toSorted(bySeverity).map(({ key, title }) => lineOf({ title, text: texts.get(key) ?? '' })),
    ...resolved.map(lineOf),
    ...events.map(lineOf),
  ];
  const status = firing.length > 0 ? 'firing' : resolved.length > 0 ? 'resolved' : undefined;
  const head = counts.map(([name, count]) => `${name}:${count}`).join(' ');
  return {
    ...common(window, nowMs, members),
    ...worst(firing.length > 0 ? [...firing, ...events] : [...resolved, ...events]),
    // What begins the incident and what ends it are one to the provider.
    dedupeKey: window.group,
    data: {
      title: `[${head}] ${nameOf(window)}`,
      ...contents(lines),
      ...(status && { status }),
      firing: firing.length,
      resolved: resolved.length,
      ...shared(window),
    },
  };
}

/** The event of a window of anything: a line each, in the order in which they happened. */
export function listDigest(window: Window, members: readonly Member[], nowMs: number): Event {
  const sorted = members.toSorted((a, b) => a.atMs - b.atMs);
  const titles = new Set(sorted.map(({ title }) => title));
  const [only] = titles.size === 1 ? titles : [];
  const why = window.kind === 'quietHours' ? 'held during quiet hours' : nameOf(window);
  const many = only === undefined ? `${sorted.length} notifications: ${why}` : `${sorted.length} × ${only}`;
  const title = sorted.length === 1 ? sorted[0]!.title : many;
  const last = new Map(
    sorted.flatMap(({ key, status }) => (key === undefined ? [] : [[key, status] as const])),
  );
  const states = [...last.values()];
  const status = states.includes('firing')
    ? 'firing'
    : states.length === sorted.length
      ? 'resolved'
      : undefined;
  return {
    ...common(window, nowMs, sorted),
    ...worst(sorted),
    data: {
      title,
      ...contents(sorted.map(lineOf)),
      ...(status && { status }),
      count: sorted.length,
      ...shared(window),
    },
  };
}

/** How the delivery of a digest is made: as carefully as any of its members wants. It is claimed in any case. */
export function modeOfAll(members: readonly Member[]): DeliveryMode | undefined {
  const modes = members.map(({ mode }) => mode);
  if (modes.includes('exactlyOnceRecorded')) return 'exactlyOnceRecorded';
  return modes.length > 0 && modes.every((mode) => mode === 'atMostOnce') ? 'atMostOnce' : undefined;
}

function common(window: Window, nowMs: number, members: readonly Member[]) {
  return {
    id: digestId(window),
    topic: DIGEST_TOPIC,
    time: isoTime(nowMs),
    lane: members.some(({ urgent }) => urgent) ? ('urgent' as const) : ('normal' as const),
    source: 'fanfare',
    subject: nameOf(window),
    ...longestOf(members),
  };
}

function nameOf({ values, rule }: Window): string {
  return Object.values(values).filter(Boolean).join(' ') || rule;
}

function shared({ kind, rule, values, n }: Window): object {
  return { kind, rule, window: n, ...(Object.keys(values).length > 0 && { group: values }) };
}

function contents(lines: readonly string[]): { readonly text: string; readonly leftOut?: number } {
  const leftOut = lines.length - MAX_LINES;
  if (leftOut <= 0) return { text: lines.join('\n') };
  return { text: [...lines.slice(0, MAX_LINES), `and ${leftOut} more`].join('\n'), leftOut };
}

/** What one of many is worth there. */
export function lineOf({ title, text }: Pick<Member, 'title' | 'text'>): string {
  return text === '' || text === title ? title : `${title}: ${text}`;
}

function worst(members: readonly { readonly severity?: Severity }[]): { severity?: Severity } {
  const severity = worstOf(members);
  return severity ? { severity } : {};
}

function bySeverity(a: Firing, b: Firing): number {
  return rank(a) - rank(b) || a.since - b.since;
}

function rank({ severity = 'debug' }: Firing): number {
  return SEVERITIES.indexOf(severity);
}
