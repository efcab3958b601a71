/** What the clocks of a time zone show; 0 is Monday. */
export interface WallTime {
  readonly day: number;
  /** Of the day. */
  readonly minute: number;
}

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;

/** Minute of the day of `HH:MM`. */
export function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

const clocks = new Map<string, (ms: number) => WallTime>();

/**
 * What the clocks of a zone show. A formatter takes a tenth of a millisecond to make, so each is made once: there are
 * some 600 zones, and the case of their names does not count.
 */
export function clockOf(zone: string): (ms: number) => WallTime {
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
export function isZone(zone: string): boolean {
  try {
    return (
      /^[a-z]/i.test(zone) &&
      new Intl.DateTimeFormat('en-GB', { timeZone: zone }).resolvedOptions().timeZone !== ''
    );
  } catch {
    return false;
  }
}

/**
 * The next time after `ms` at which the clocks show a minute of the day; 1440 is the midnight that ends it. A minute that
 * the clocks jump over on that day comes when they jump.
 */
export function nextTime(clock: (ms: number) => WallTime, minuteOfDay: number, ms: number): number {
  const wanted = minuteOfDay % DAY_MINUTES;
  const ahead = (wanted - clock(ms).minute + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
  const guess = Math.floor(ms / MINUTE_MS) * MINUTE_MS + ahead * MINUTE_MS;
  // Where the clocks were moved in between, the guess is off by so much.
  let at = guess + shiftOf(wanted - clock(guess).minute) * MINUTE_MS;
  while (shiftOf(clock(at).minute - wanted) < 0) at += MINUTE_MS;
  return at;
}

/** The difference of two times of day, whichever way round the clock is shorter. */
function shiftOf(minutes: number): number {
  if (minutes > DAY_MINUTES / 2) return minutes - DAY_MINUTES;
  return minutes < -DAY_MINUTES / 2 ? minutes + DAY_MINUTES : minutes;
}
