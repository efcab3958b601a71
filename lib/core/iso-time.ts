const ISO_TIME = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** Reads an RFC 3339 time with its offset into epoch ms; anything else, also 31 February, is `undefined`. */
export function parseIsoTime(text: string): number | undefined {
  if (!ISO_TIME.test(text)) return undefined;
  const day = Number(text.slice(8, 10));
  if (day < 1 || day > daysIn(Number(text.slice(0, 4)), Number(text.slice(5, 7)))) return undefined;
  const ms = Date.parse(text.replace(' ', 'T').toUpperCase());
  return Number.isNaN(ms) ? undefined : ms;
}

/** Days in a month of 1-12; 0 for any other number. */
function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [31, 0, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** How far an event's time may lie from now: clocks differ by minutes, queues of producers by days. */
export const MAX_FUTURE_MS = 5 * 60_000;
export const MAX_PAST_MS = 7 * 86_400_000;

/** Whether a time may stand in an event that is posted now. */
export function isTimely(ms: number, nowMs: number): boolean {
  return ms <= nowMs + MAX_FUTURE_MS && ms >= nowMs - MAX_PAST_MS;
}
