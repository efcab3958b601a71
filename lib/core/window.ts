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

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

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

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

interface WallTime {
  readonly day: number;
  readonly minute: number;
}

const clocks = new Map<string, (ms: number) => WallTime>();

/**
 * What the clocks of a zone show. A formatter takes a tenth of a millisecond to make, so each is made once: there are
 * some 600 zones, and the case of their names does not count.
 */
function clockOf(zone: string): (ms: number) => WallTime {
  const key = zone.toLowerCase();
  const known = clocks.get(key);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  // `Sat, 22:05` or `Sat 22:05`, by the version of ICU.
  const clock = (ms: number): WallTime => {
    const text = format.format(ms);
    const day = DAYS.findIndex((name) => text.toLowerCase().startsWith(name));
    return { day, minute: minutesOf(text.slice(-5)) };
  };
  clocks.set(key, clock);
  return clock;
}

/** A name: `+01:00` would work, too, but knows no summer time, and there are thousands. */
function isZone(zone: string): boolean {
  try {
    return (
      /^[a-z]/i.test(zone) &&
      new Intl.DateTimeFormat('en-GB', { timeZone: zone }).resolvedOptions().timeZone !== ''
    );
  } catch {
    return false;
  }
}
