import { derivedId } from './canonical.ts';
import { DIGEST_TOPIC, lineOf } from './digest.ts';
import { escapeDiscord, escapeTelegram } from './escape.ts';
import type { Notification } from './notification.ts';
import { worstOf } from './severity.ts';
import { truncate } from './text.ts';

/** Of more than this, those that have their title in common share a line. */
const MAX_SINGLE = 50;

/** In characters. */
const MAX_TITLE = 120;
const MAX_TEXT = 240;
/** Every chat takes so much below the longest title, so that none cuts off the end of the list without a word. */
const MAX_LIST = 3_000;

/** What one message says of several: a line each, in the order in which they happened, as severe as the worst. */
export function tellTogether(some: readonly Notification[]): Notification {
  const sorted = some.toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time));
  const byTitle = Map.groupBy(sorted, ({ title }) => title);
  const [only] = byTitle.size === 1 ? byTitle.keys() : [];
  const severity = worstOf(sorted);
  return {
    id: derivedId('together', ...sorted.map(({ id }) => id).toSorted()),
    topic: DIGEST_TOPIC,
    time: sorted.at(-1)!.time,
    title:
      only === undefined
        ? `${sorted.length} notifications`
        : `${sorted.length} × ${truncate(only, MAX_TITLE)}`,
    text: listOf(sorted, [...byTitle.values()]),
    ...(severity && { severity }),
  };
}

/** A part of a message that tells of so many. */
interface Line {
  readonly text: string;
  readonly of: number;
}

function listOf(sorted: readonly Notification[], byTitle: readonly (readonly Notification[])[]): string {
  const single = sorted.map(lineFor);
  if (single.length <= MAX_SINGLE && fitting(single).length === single.length) return textOf(single, 0);
  const lines = byTitle.map((same): Line => (same.length > 1 ? sharedLine(same) : lineFor(same[0]!)));
  const shown = fitting(lines);
  return textOf(shown, sorted.length - shown.reduce((sum, line) => sum + line.of, 0));
}

function textOf(lines: readonly Line[], leftOut: number): string {
  const texts = lines.map(({ text }) => text);
  return (leftOut > 0 ? [...texts, `and ${leftOut} more`] : texts).join('\n');
}

/** The first of them, as many as fit. */
function fitting(lines: readonly Line[]): readonly Line[] {
  let used = 0;
  const end = lines.findIndex(({ text }) => {
    used += writtenLength(text) + 1;
    return used > MAX_LIST;
  });
  return end < 0 ? lines : lines.slice(0, end);
}

/** Where it is longest: providers have it escaped. */
function writtenLength(text: string): number {
  return Math.max(escapeTelegram(text).length, escapeDiscord(text).length);
}

function sharedLine(same: readonly Notification[]): Line {
  return { text: `${same.length} × ${truncate(same[0]!.title, MAX_TITLE)}`, of: same.length };
}

function lineFor({ title, text }: Notification): Line {
  const first = text.trim().split('\n', 1)[0] ?? '';
  return { text: lineOf({ title: truncate(title, MAX_TITLE), text: truncate(first, MAX_TEXT) }), of: 1 };
}
