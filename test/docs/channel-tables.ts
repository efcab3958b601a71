import type { Channel, Field } from '../../lib/channel.ts';
import { registry } from '../../lib/registry.ts';
import { code, table } from './table.ts';

/** Per channel what it does, then its settings. */
export function channelTables(): Record<string, string> {
  return Object.fromEntries(
    [...registry.values()].map((channel) => [
      `channel ${channel.name}`,
      `${factsOf(channel)}\n\n${settingsOf(channel)}`,
    ]),
  );
}

function factsOf(channel: Channel): string {
  const { payload, textBudget, rate, scopeNames, timeoutMs, retryMs, edits, newestOnly, merges } = channel;
  const scopes = scopeNames.map(
    ({ name, limit, perMs }) => `${grouped(limit)} ${per(perMs)} for each ${name}`,
  );
  const total = retryMs.reduce((sum, ms) => sum + ms, 0);
  return table(
    ['', channel.title],
    [
      ['carries', payload === 'event' ? 'title, text and the whole `data` of the event' : 'title and text'],
      ['longest text', textBudget ? `${grouped(textBudget.max)} ${UNITS[textBudget.unit]}` : 'not cut'],
      [
        'when an alert changes',
        edits ? 'its message is changed' : newestOnly ? 'its newest state is sent' : 'another message',
      ],
      ['what waits too long', merges ? 'is told in one message' : 'waits for its turn'],
      ['rate of a destination', rate ? `${rate.limit} ${per(rate.perMs)}` : 'none of its own'],
      ['shared rates', scopes.join(', ') || 'none'],
      ['one attempt takes', `at most ${duration(timeoutMs)}`],
      ['attempts', `${retryMs.length + 1} in ${duration(total)}`],
      ['waits between them', retryMs.map(duration).join(', ')],
    ],
  );
}

function settingsOf({ fields }: Channel): string {
  return table(
    ['setting', 'kind', 'needed', 'secret', 'what to write'],
    Object.entries(fields).map(([name, field]) => [
      code(name),
      kindOf(field),
      field.optional ? '' : 'yes',
      field.secret ? 'yes' : field.mayBeSecret ? 'may be' : '',
      field.about,
    ]),
  );
}

function kindOf({ kind, many, oneOf }: Field): string {
  const one = oneOf?.map(code).join(' or ') ?? (kind === 'secret' ? 'text' : kind);
  return many ? `list of ${one}` : one;
}

const UNITS = { utf16: 'characters (UTF-16 units)', codePoints: 'characters', bytes: 'bytes' } as const;

function per(ms: number): string {
  return ms === 1_000 ? 'a second' : ms === 60_000 ? 'a minute' : `in ${duration(ms)}`;
}

function grouped(count: number): string {
  return count.toLocaleString('en');
}

/** `75 h 35 min` */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const parts = [
    [Math.floor(seconds / 3_600), 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  return parts.flatMap(([count, unit]) => (count > 0 ? `${count} ${unit}` : [])).join(' ');
}
