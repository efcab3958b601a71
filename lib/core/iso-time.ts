import { remembered } from './remembered.ts';

const ISO_TIME = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** Reads an RFC 3339 time with its offset into epoch ms; anything else, also 31 February, is `undefined`. */
export const parseIsoTime: (text: string) => number | undefined = remembered((text) => {
  if (!ISO_TIME.test(text)) return undefined;
  const year = 100 * twoDigits(text, 0) + twoDigits(text, 2);
  const day = twoDigits(text, 8);
  if (day < 1 || day > daysIn(year, twoDigits(text, 5))) return undefined;
  const ms = isUsual(text) ? usualMs(text) : Date.parse(text.replace(' ', 'T').toUpperCase());
  return Number.isNaN(ms) ? undefined : ms;
});

/** `2026-11-21T10:00:00Z`, with milliseconds or without. */
function isUsual(text: string): boolean {
  return (text.length === 20 || text.length === 24) && text.endsWith('Z') && text[10] === 'T';
}

function usualMs(text: string): number {
  const [hours, minutes, seconds] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)];
  if (hours > 23 || minutes > 59 || seconds > 59) return Date.parse(text);
  const ms = text.length === 20 ? 0 : 10 * twoDigits(text, 20) + digit(text, 22);
  return dayOf(text.slice(0, 10)) + ((hours * 60 + minutes) * 60 + seconds) * 1_000 + ms;
}

const ZERO = 0x30;

function digit(text: string, at: number): number {
  return text.charCodeAt(at) - ZERO;
}

function twoDigits(text: string, at: number): number {
  return 10 * digit(text, at) + digit(text, at + 1);
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days in a month of 1-12; 0 for any other number. */
function daysIn(year: number, month: number): number {
  const isLeap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return isLeap ? 29 : (DAYS[month - 1] ?? 0);
}

const DAY_MS = 86_400_000;
/** Years beyond it have more than four digits. */
const YEAR_10000_MS = 253_402_300_800_000;
/** The times that are read and written in an hour lie on few days, and a date is dear to work out. */
const dateOf = remembered((dayMs: number) => new Date(dayMs).toISOString().slice(0, 11));
const dayOf = remembered((date: string) => Date.parse(date));
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

/** Epoch ms as `2026-11-21T10:00:00.000Z`. */
export function isoTime(ms: number): string {
  if (!Number.isInteger(ms) || ms < 0 || ms >= YEAR_10000_MS) return new Date(ms).toISOString();
  const inDay = ms % DAY_MS;
  const seconds = Math.floor(inDay / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hh = TWO_DIGITS[Math.floor(minutes / 60)];
  const mm = TWO_DIGITS[minutes % 60];
  const ss = TWO_DIGITS[seconds % 60];
  return `${dateOf(ms - inDay)}${hh}:${mm}:${ss}.${String(1_000 + (ms % 1_000)).slice(1)}Z`;
}

/** How far an event's time may lie from now: clocks differ by minutes, queues of producers by days. */
export const MAX_FUTURE_MS = 5 * 60_000;
export const MAX_PAST_MS = 7 * 86_400_000;

/** Whether a time may stand in an event that is posted now. */
export function isTimely(ms: number, nowMs: number): boolean {
  return ms <= nowMs + MAX_FUTURE_MS && ms >= nowMs - MAX_PAST_MS;
}
