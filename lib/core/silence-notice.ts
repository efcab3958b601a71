import { digest } from './order.ts';
import type { Event } from './event.ts';
import { isoTime } from './iso-time.ts';
import type { Silence } from './silence.ts';

/** What people are told of a silence. `lingers`: it is still on, and somebody may have forgotten it. */
export const SILENCE_NOTICES = ['started', 'ended', 'lingers'] as const;

export interface SilenceNotice {
  readonly kind: (typeof SILENCE_NOTICES)[number];
  readonly atMs: number;
}

/** A silence that is on for so long is brought to mind, and again after as long. */
export const LINGER_MS = 7 * 86_400_000;

/** What is to be told of a silence up to now and was not told up to then; of reminders only the last. */
export function noticesOf(silence: Silence, toldMs: number, nowMs: number): SilenceNotice[] {
  const { startsAt, endsAt = Infinity } = silence;
  if (endsAt <= startsAt) return [];
  const reminder = startsAt + Math.floor((Math.min(nowMs, endsAt - 1) - startsAt) / LINGER_MS) * LINGER_MS;
  const all: SilenceNotice[] = [
    { kind: 'started', atMs: startsAt },
    ...(reminder > startsAt && endsAt > nowMs ? [{ kind: 'lingers', atMs: reminder } as const] : []),
    { kind: 'ended', atMs: endsAt },
  ];
  return all.filter(({ atMs }) => atMs > toldMs && atMs <= nowMs);
}

/** When there is something to tell again; `undefined`: never. */
export function nextNoticeMs({ startsAt, endsAt = Infinity }: Silence, nowMs: number): number | undefined {
  if (endsAt <= nowMs || endsAt <= startsAt) return undefined;
  if (startsAt > nowMs) return startsAt;
  const reminder = startsAt + (Math.floor((nowMs - startsAt) / LINGER_MS) + 1) * LINGER_MS;
  return Math.min(endsAt, reminder);
}

/** The event that tells those who asked; the same however often it is made. `keptMs`: when it kept something back. */
export function silenceNotice(
  tenant: string,
  silence: Silence,
  { kind, atMs }: SilenceNotice,
  keptMs = -Infinity,
): Event {
  const hasKept = keptMs >= silence.startsAt;
  const { id, reason, author, endsAt, notify = [] } = silence;
  return {
    id: `silence_${digest(tenant, id, kind, String(atMs)).slice(0, 22)}`,
    topic: `fanfare.silence.${kind}`,
    time: isoTime(atMs),
    lane: 'normal',
    severity: kind === 'lingers' ? 'warning' : 'info',
    source: 'fanfare',
    subject: id,
    to: notify,
    data: {
      title: titleOf(silence, kind, atMs),
      text: [
        reason,
        ...(author === undefined ? [] : [`By ${author}.`]),
        ...(kind === 'ended'
          ? []
          : [endsAt === undefined ? 'Until somebody ends it.' : `Until ${isoTime(endsAt)}.`]),
        ...(kind === 'started' || hasKept ? [] : ['It has kept nothing back.']),
      ].join('\n'),
      silence: id,
      reason,
      ...(author !== undefined && { author }),
      ...(kind !== 'started' && { keptBack: hasKept }),
    },
  };
}

function titleOf({ id, startsAt }: Silence, kind: SilenceNotice['kind'], atMs: number): string {
  if (kind !== 'lingers') return `Silence "${id}" has ${kind}`;
  return `Silence "${id}" has been on for ${Math.round((atMs - startsAt) / 86_400_000)} days`;
}
