import { styleText } from 'node:util';
import { isObject } from '../../lib/core/is-object.ts';
import type { LogLine } from './log-line.ts';

/** Where people watch the stack work. */
export interface View {
  /** A line some function wrote. */
  readonly line: (label: string, line: LogLine) => void;
  /** A call that the function's role does not allow. */
  readonly denied: (label: string, action: string, resource: string) => void;
  /** An invocation that did not return. */
  readonly failed: (label: string, text: string) => void;
}

export const SILENT_VIEW: View = { line: () => {}, denied: () => {}, failed: () => {} };

/** Ids of one post that get a line each. */
const MAX_EVENTS = 10;

/** One readable line per event and attempt, and everything that is not as it should be. */
export function createConsoleView(write: (line: string) => void, now: () => Date = () => new Date()): View {
  const print = (tag: string, text: string): void => {
    write(`${paint('gray', now().toTimeString().slice(0, 8))}  ${tag.padEnd(8)} ${text}`);
  };
  return {
    line(label, line) {
      if (line.kind === 'text') print(label, line.text);
      if (line.kind !== 'log') return;
      const { message, level, fields } = line;
      if (message === 'posted') for (const text of postLines(fields)) print('event', text);
      else if (message === 'attempt') print(String(fields['channel']), attemptText(fields));
      else if (level === 'warn' || level === 'error')
        print(label, paint('red', `${message}  ${brief(fields)}`));
    },
    denied: (label, action, resource) =>
      print(label, paint('red', `AccessDenied: its role does not allow ${action} on ${resource}`)),
    failed: (label, text) => print(label, paint('red', text)),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function postLines(fields: Fields): string[] {
  const ids = Array.isArray(fields['ids']) ? fields['ids'].map(String) : [];
  const counts = Object.entries(isObject(fields['counts']) ? fields['counts'] : {});
  const shown = ids
    .slice(0, MAX_EVENTS)
    .map((id) => `${paint('bold', id)}  accepted by ${String(fields['route'])}`);
  const [, accepted = ids.length] = counts.find(([name]) => name === 'accepted') ?? [];
  const more = Number(accepted) - shown.length;
  const others = counts.filter(([name, count]) => name !== 'accepted' && Number(count) > 0);
  return [
    ...shown,
    ...(more > 0 ? [`and ${more} more`] : []),
    ...others.map(([name, count]) =>
      paint('yellow', `${String(count)} ${name}${name === 'refused' ? `: ${String(fields['reason'])}` : ''}`),
    ),
  ];
}

const COLOURS: Readonly<Record<string, Colour>> = { delivered: 'green', retry: 'yellow', again: 'yellow' };

function attemptText(fields: Fields): string {
  const { event, destination, attempt, outcome, reason, status, ms, waitMs } = fields;
  const details = [
    reason,
    status,
    typeof ms === 'number' && `${Math.round(ms)} ms`,
    Number(attempt) > 1 && `attempt ${String(attempt)}`,
    typeof waitMs === 'number' && `again in ${(waitMs / 1000).toFixed(1)} s`,
  ];
  const result = paint(COLOURS[String(outcome)] ?? 'red', String(outcome));
  return `${paint('bold', String(event))}  to ${String(destination)}  ${result}  ${details.filter(Boolean).join(', ')}`;
}

const NOISE = new Set(['time', 'requestId', 'tenant']);

function brief(fields: Fields): string {
  return Object.entries(fields)
    .filter(([name]) => !NOISE.has(name))
    .map(([name, value]) => `${name}=${errorText(value)}`)
    .join(' ');
}

function errorText(value: unknown): string {
  if (typeof value === 'string') return value;
  const { name, message } = isObject(value) ? value : {};
  return typeof message === 'string' ? `${String(name)}: ${message}` : JSON.stringify(value);
}

type Colour = 'gray' | 'bold' | 'red' | 'green' | 'yellow';

function paint(colour: Colour, text: string): string {
  return styleText(colour, text, { stream: process.stdout });
}
