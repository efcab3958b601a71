import { isObject } from '../core/is-object.ts';
import type { LogFields, LogLevel } from '../core/metrics.ts';
import { redact, redactError } from '../core/redact.ts';

type FieldKind = 'text' | 'number' | 'counts' | 'ids' | 'error';

/** The fields a line may carry. Anything else somebody passes is left out: no payload, no `_aws`, no secret. */
const FIELDS = {
  tenant: 'text',
  event: 'text',
  destination: 'text',
  channel: 'text',
  delivery: 'text',
  attempt: 'number',
  outcome: 'text',
  reason: 'text',
  status: 'number',
  at: 'text',
  ms: 'number',
  waitMs: 'number',
  count: 'number',
  counts: 'counts',
  ids: 'ids',
  requestId: 'text',
  route: 'text',
  messageId: 'text',
  detail: 'text',
  error: 'error',
} as const satisfies Record<keyof LogFields, FieldKind>;

const MAX_TEXT = 1_000;
const MAX_IDS = 100;

/** One line of JSON: level, message, time, and the fields of the list above in their expected form. */
export function logLine(level: LogLevel, message: string, fields: LogFields, nowMs: number): string {
  const line: Record<string, unknown> = {
    level,
    message: text(message),
    time: new Date(nowMs).toISOString(),
  };
  const given: Readonly<Record<string, unknown>> = { ...fields };
  for (const [name, kind] of Object.entries(FIELDS)) {
    const value = shape(kind, given[name]);
    if (value !== undefined) line[name] = value;
  }
  return JSON.stringify(line);
}

function shape(kind: FieldKind, value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  switch (kind) {
    case 'text':
      return typeof value === 'string' ? text(value) : undefined;
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
    case 'counts':
      return Object.fromEntries(Object.entries(value).filter(([, count]) => typeof count === 'number'));
    case 'ids':
      return Array.isArray(value) ? value.slice(0, MAX_IDS).map((id) => text(String(id))) : undefined;
    case 'error':
      return errorOf(value);
    default:
      return kind satisfies never;
  }
}

/** An error as it was thrown, with its causes, or one that somebody has put into fields already. */
function errorOf(value: unknown): unknown {
  if (value instanceof Error || !isObject(value)) return redactError(value);
  const { name, message, stack } = value;
  return { name: shape('text', name), message: shape('text', message), stack: shape('text', stack) };
}

function text(value: string): string {
  return redact(value, []).slice(0, MAX_TEXT);
}
