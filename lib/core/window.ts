import { DAYS, type Day, clockOf, isZone, minutesOf, nextTime } from './wall-clock.ts';

/** Days of a week and hours of a day, by the clocks of a time zone: every night, weekends, office hours. */
export interface Window {
  /** The days on which it begins; absent: every day. */
  readonly days?: readonly Day[];
  /** `HH:MM`; absent: the day's first minute. */
  readonly from?: string;
  /** `HH:MM`, that minute not included; not later than `from`: on the next day. Absent: the end of the day. */
  readonly to?: string;
  /** IANA name, such as `Europe/Berlin`. */
  readonly zone: string;
}

/**
 * Tells whether a window is open at a time, epoch ms. It follows the clocks on the wall: where they jump ahead it is
 * shorter, where they are set back longer by that time, and an hour that does not exist on a day is not open on it.
 */
export function compileWindow({
  days = DAYS,
  from = '00:00',
  to = '24:00',
  zone,
}: Window): (ms: number) => boolean {
  const [opens, closes] = [minutesOf(from), minutesOf(to)];
  const isNightly = closes <= opens;
  const begins = new Set(days);
  const clock = clockOf(zone);
  return (ms) => {
    const { day, minute } = clock(ms);
    if (!isNightly) return minute >= opens && minute < closes && begins.has(dayAt(day));
    return (minute >= opens && begins.has(dayAt(day))) || (minute < closes && begins.has(dayAt(day - 1)));
  };
}

/** One window may follow the other without a gap; after a week it would go on for ever. */
const MAX_STEPS = 9;

/** Tells when a window closes that is open at a time; `undefined`: never, as one of all hours of all days. */
export function compileClosing(window: Window): (ms: number) => number | undefined {
  const isOpen = compileWindow(window);
  const clock = clockOf(window.zone);
  const closes = minutesOf(window.to ?? '24:00');
  return (ms) => {
    let at = ms;
    for (let step = 0; step < MAX_STEPS; step++) {
      at = nextTime(clock, closes, at);
      if (!isOpen(at)) return at;
    }
    return undefined;
  };
}

/** Why a window cannot be, by member; nothing when it can. */
export function checkWindow({
  from,
  to,
  zone,
}: Pick<Window, 'from' | 'to' | 'zone'>): Partial<Record<'to' | 'zone', string>> {
  return {
    ...(from !== undefined && from === to && { to: 'write another time than in from, or leave both out' }),
    ...(!isZone(zone) && { zone: 'write the name of a time zone, such as Europe/Berlin' }),
  };
}

/** 0 is Monday; -1 is the day before. */
function dayAt(index: number): Day {
  return DAYS[(index + 7) % 7]!;
}
