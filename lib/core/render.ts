import type { Template } from './catalog.ts';
import type { Event } from './event.ts';
import type { Links } from './links.ts';
import type { Notification } from './notification.ts';
import { compileTemplate, type Fill, textOf } from './template.ts';

/** Bounds of a notification, in bytes of its JSON, so that it fits into a pack of 240 KiB. */
export const MAX_TITLE_BYTES = 2 * 1024;
export const MAX_TEXT_BYTES = 64 * 1024;
const MAX_DATA_BYTES = 64 * 1024;
const MAX_URL = 2_048;

/**
 * Makes the notification of an event. Without a template the title is `data.title`, else the topic, and the
 * text is `data.text`, `data.message` or `data.summary`, else the fields of `data`, one a line.
 * `payload: 'event'` keeps the data, up to 64 KiB, and the key of the incident; `truncated` says that something was
 * left out.
 */
export function render(
  event: Event,
  template?: Template,
  payload: 'text' | 'event' = 'text',
  links?: Links,
): Notification {
  const { id, topic, time, severity, source, subject, data, dedupeKey } = event;
  const fill = template && filling(template);
  const values = { ...event, links };
  const title = (fill?.title ?? titleOf)(values).replaceAll(/\s+/g, ' ').trim() || topic;
  const text = (fill?.text ?? plainText)(values);
  const shortText = fit(text, MAX_TEXT_BYTES);
  const kept = payload === 'event' ? fitMembers(data, MAX_DATA_BYTES) : undefined;
  const cut =
    shortText !== text || (kept !== undefined && Object.keys(kept).length < Object.keys(data).length);
  const status = statusOf(data);
  const url = urlOf(data);
  return {
    id,
    topic,
    time,
    title: fit(title, MAX_TITLE_BYTES),
    text: shortText,
    ...(severity && { severity }),
    ...(status && { status }),
    ...(url && { url }),
    ...(source !== undefined && { source }),
    ...(subject !== undefined && { subject }),
    ...(kept && dedupeKey !== undefined && { dedupeKey }),
    ...(kept && { data: kept }),
    ...((cut || event.truncated) && { truncated: true as const }),
    ...(links && { links }),
  };
}

interface Filling {
  readonly title: Fill | undefined;
  readonly text: Fill | undefined;
}

/** Templates live as long as their catalog snapshot; each is compiled once. */
const fillings = new WeakMap<Template, Filling>();

function filling(template: Template): Filling {
  const known = fillings.get(template);
  if (known) return known;
  const made = {
    title: template.title === undefined ? undefined : compileTemplate(template.title),
    text: template.text === undefined ? undefined : compileTemplate(template.text),
  };
  fillings.set(template, made);
  return made;
}

const TEXT_FIELDS = ['text', 'message', 'summary'] as const;

function titleOf({ data, topic }: Event): string {
  return textMember(data, 'title') ?? topic;
}

function plainText({ data }: Event): string {
  for (const name of TEXT_FIELDS) {
    const text = textMember(data, name);
    if (text !== undefined) return text;
  }
  const shown = Object.entries(data).filter(([name, value]) => name !== 'title' && value !== null);
  return shown.map(([name, value]) => `${name}: ${textOf(value)}`).join('\n');
}

function textMember(data: Event['data'], name: string): string | undefined {
  const value = Object.hasOwn(data, name) ? data[name] : undefined;
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function statusOf(data: Event['data']): Notification['status'] {
  const status = textMember(data, 'status');
  return status === 'firing' || status === 'resolved' ? status : undefined;
}

function urlOf(data: Event['data']): string | undefined {
  const text = textMember(data, 'url') ?? textMember(data, 'generatorURL');
  if (text === undefined || text.length > MAX_URL) return undefined;
  const url = URL.parse(text);
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.href : undefined;
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

/** Cuts a text to a number of JSON bytes, with an ellipsis, never inside a surrogate pair. */
function fit(text: string, maxBytes: number): string {
  if (text.length * 6 + 2 <= maxBytes || jsonBytes(text) <= maxBytes) return text;
  let low = 0;
  let high = Math.min(text.length, maxBytes);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (jsonBytes(text.slice(0, middle)) <= maxBytes - 3) low = middle;
    else high = middle - 1;
  }
  const whole = text.slice(0, low);
  return `${/[\uD800-\uDBFF]$/.test(whole) ? whole.slice(0, -1) : whole}…`;
}

/** Keeps members in their order while they fit. */
function fitMembers(data: Event['data'], maxBytes: number): Event['data'] {
  if (jsonBytes(data) <= maxBytes) return data;
  let left = maxBytes - 2;
  return Object.fromEntries(
    Object.entries(data).filter(([name, value]) => {
      left -= jsonBytes(name) + jsonBytes(value) + 2;
      return left >= 0;
    }),
  );
}
