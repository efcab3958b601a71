import * as z from 'zod/mini';
import { derivedId } from './canonical.ts';
import { MAX_ATTRIBUTE, MAX_TOPIC } from './event.ts';
import { type Draft, type Drafted, withTime } from './event-input.ts';
import { type InputError, below, inputErrors } from './input-error.ts';
import { isObject } from './is-object.ts';
import { isCleanText, readJson } from './json.ts';
import { isJson, mediaTypeOf } from './media-type.ts';
import { isSeverity } from './severity.ts';

/*
 * CloudEvents 1.0 in its three HTTP forms (cloudevents/spec http-protocol-binding.md): binary, structured,
 * batch. Attributes we have no member for are ignored, as the specification asks of receivers.
 */

const text = (name: string, max: number) =>
  z
    .string({ error: `${name} is a text` })
    .check(
      z.minLength(1, `${name} must not be empty`),
      z.maxLength(max, `${name} has at most ${max} characters`),
    );

/** A CloudEvent in structured form; extension attributes may stand beside. */
export const cloudEventInput = z.looseObject(
  {
    specversion: z.literal('1.0', { error: 'specversion is "1.0"' }),
    id: text('id', 1_024),
    source: text('source', MAX_ATTRIBUTE),
    type: text('type', MAX_TOPIC),
    subject: z.exactOptional(text('subject', MAX_ATTRIBUTE)),
    time: z.exactOptional(z.iso.datetime({ offset: true, error: 'time is RFC 3339' })),
    datacontenttype: z.exactOptional(text('datacontenttype', 256)),
    data: z.exactOptional(z.unknown()),
    data_base64: z.exactOptional(z.base64({ error: 'data_base64 is base64' })),
  },
  { error: 'a CloudEvent is an object' },
);

type CloudEvent = z.infer<typeof cloudEventInput>;

/** Reads a CloudEvent in structured form, alone or out of a batch. */
export function parseCloudEvent(input: unknown, nowMs: number): Drafted {
  const parsed = cloudEventInput.safeParse(withoutNulls(input), { reportInput: true });
  if (!parsed.success) return { ok: false, errors: inputErrors(parsed.error.issues) };
  const event = parsed.data;
  if (event.data_base64 === undefined) return draftOf(event, dataOf(event.data), nowMs);
  const read = readData(Buffer.from(event.data_base64, 'base64'), event.datacontenttype);
  return read.ok
    ? draftOf(event, read.data, nowMs)
    : { ok: false, errors: below('/data_base64', read.errors) };
}

/** Whether a request carries a CloudEvent in binary form. */
export function isBinaryCloudEvent(headers: Readonly<Record<string, string | undefined>>): boolean {
  return headers['ce-specversion'] !== undefined;
}

/** Reads a CloudEvent in binary form: attributes in `ce-` headers, the data as the body, of any content type. */
export function parseBinaryCloudEvent(
  headers: Readonly<Record<string, string | undefined>>,
  body: Uint8Array,
  nowMs: number,
): Drafted {
  const attributes = attributesOf(headers);
  const odd = Object.keys(attributes).filter((name) => !isCleanText(attributes[name] ?? ''));
  if (odd.length > 0) return { ok: false, errors: odd.map(oddHeader) };
  const parsed = cloudEventInput.safeParse(attributes, { reportInput: true });
  if (!parsed.success) return { ok: false, errors: inputErrors(parsed.error.issues) };
  const read = readData(body, headers['content-type']);
  return read.ok ? draftOf(parsed.data, read.data, nowMs) : read;
}

function oddHeader(name: string): InputError {
  return {
    pointer: `/${name}`,
    code: 'invalid-character',
    detail: `ce-${name} contains a character no message can carry`,
  };
}

/** Header values are percent-encoded UTF-8 (section 3.1.3.2). */
function attributesOf(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([header, value]) => {
    const name = /^ce-([a-z0-9]+)$/.exec(header)?.[1];
    return name === undefined || name === 'data' || value === undefined
      ? []
      : [[name, percentDecoded(value)] as const];
  });
  return Object.fromEntries(entries);
}

function percentDecoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function draftOf(event: CloudEvent, data: Draft['data'], nowMs: number): Drafted {
  const { id, source, type, subject, time } = event;
  const severity = event['severity'];
  return withTime(
    {
      id: derivedId('ce', source, id),
      topic: topicOf(type),
      ceType: type,
      source,
      ...(subject !== undefined && { subject }),
      ...(time !== undefined && { time }),
      ...(isSeverity(severity) && { severity }),
      ...(event['lane'] === 'urgent' && { lane: 'urgent' as const }),
      data,
    },
    nowMs,
  );
}

/** `com.example/order created..v2` -> `com.example_order_created._.v2`. */
function topicOf(type: string): string {
  return type
    .split('.')
    .map((segment) => segment.replaceAll(/[^A-Za-z0-9_]/g, '_') || '_')
    .join('.')
    .slice(0, MAX_TOPIC);
}

type ReadData =
  | { readonly ok: true; readonly data: Draft['data'] }
  | { readonly ok: false; readonly errors: readonly InputError[] };

/** JSON becomes data, text becomes `{ text }`, everything else `{ base64, contentType }`. */
function readData(bytes: Uint8Array, contentType: string | undefined): ReadData {
  if (bytes.length === 0) return { ok: true, data: {} };
  const { type } = mediaTypeOf(contentType);
  if (type === '' || isJson(type)) {
    const read = readJson(bytes);
    if (read.ok) return { ok: true, data: dataOf(read.value) };
    const { pointer, slug, detail } = read.fault;
    return { ok: false, errors: [{ pointer, code: slug, detail }] };
  }
  const plain = type.startsWith('text/') ? decoded(bytes) : undefined;
  return {
    ok: true,
    data:
      plain === undefined
        ? { base64: Buffer.from(bytes).toString('base64'), contentType: type }
        : { text: plain },
  };
}

function decoded(bytes: Uint8Array): string | undefined {
  const plain = Buffer.from(bytes).toString('utf8');
  return !plain.includes('\uFFFD') && isCleanText(plain) ? plain : undefined;
}

/** `data` of an event is an object; CloudEvents may carry any value. */
function dataOf(value: unknown): Draft['data'] {
  if (value === undefined || value === null) return {};
  if (typeof value === 'string') return { text: value };
  return isObject(value) ? value : { value };
}

/** In the JSON format an attribute that is null is absent. */
function withoutNulls(input: unknown): unknown {
  if (!isObject(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
}
