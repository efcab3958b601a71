import * as z from 'zod/mini';
import type { Texts } from '../alert.ts';
import { parseIsoTime } from '../iso-time.ts';
import { remembered } from '../remembered.ts';

/*
 * What all alert sources share. Payloads of other systems are read loosely: unknown members are ignored,
 * long annotations are cut; only what would break identity or routing is refused.
 */

export const MAX_LABELS = 64;
export const MAX_LABEL_NAME_BYTES = 255;
export const MAX_LABEL_VALUE_BYTES = 1_024;
export const MAX_FINGERPRINT = 128;
const MAX_ANNOTATION_CHARACTERS = 4_096;
const MAX_ANNOTATIONS_BYTES = 96 * 1024;
const MAX_URL = 2_048;

const atMostBytes = (bytes: number, name: string) =>
  z.refine<string>((text) => Buffer.byteLength(text) <= bytes, `${name} has at most ${bytes} bytes`);

export const labelsInput = z
  .record(
    z.string().check(z.minLength(1), atMostBytes(MAX_LABEL_NAME_BYTES, 'the name of a label')),
    z
      .string({ error: 'the value of a label is a text' })
      .check(atMostBytes(MAX_LABEL_VALUE_BYTES, 'the value of a label')),
    { error: 'labels is an object of texts' },
  )
  .check(
    z.refine(
      (labels) => Object.keys(labels).length <= MAX_LABELS,
      `an alert has at most ${MAX_LABELS} labels`,
    ),
  );

export const annotationsInput = z.exactOptional(
  z.record(z.string(), z.string({ error: 'an annotation is a text' }), {
    error: 'annotations is an object of texts',
  }),
);

export const timeInput = z
  .string({ error: 'a time is RFC 3339 text' })
  .check(
    z.refine((text) => parseIsoTime(text) !== undefined, 'a time is RFC 3339, such as 2026-11-21T10:00:00Z'),
  );

export const fingerprintInput = z.exactOptional(
  z
    .string({ error: 'fingerprint is a text' })
    .check(z.maxLength(MAX_FINGERPRINT, `fingerprint has at most ${MAX_FINGERPRINT} characters`)),
);

/** Why something was refused that no schema can say. */
export function refusal(pointer: string, code: string, detail: string) {
  return { ok: false, errors: [{ pointer, code, detail }] } as const;
}

/** Epoch ms of a checked time; Go's zero time (year 1) means none. */
export function timeOf(text: string | undefined): number | undefined {
  const ms = text === undefined ? undefined : parseIsoTime(text);
  return ms === undefined || ms <= 0 ? undefined : ms;
}

/** A link worth keeping: http or https, not endless. Others are left out rather than refused. */
export function linkOf(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > MAX_URL) return undefined;
  return isLink(text) ? text : undefined;
}

/** Alerts of a rule have one. */
const isLink = remembered((text: string) => /^https?:\/\//i.test(text) && URL.canParse(text));

/** Cuts long annotations and leaves out what exceeds 96 KiB together, so that no alert is lost for its length. */
export function fitAnnotations(annotations: Texts): {
  readonly annotations: Texts;
  readonly truncated?: true;
} {
  if (isShort(annotations)) return { annotations };
  let left = MAX_ANNOTATIONS_BYTES;
  const entries = Object.entries(annotations);
  const kept = entries
    .map(([name, value]) => [name, cut(value)] as const)
    .filter(([name, value]) => (left -= Buffer.byteLength(name) + Buffer.byteLength(value)) >= 0);
  const whole = kept.length === entries.length && kept.every(([name, value]) => annotations[name] === value);
  return { annotations: Object.fromEntries(kept), ...(!whole && { truncated: true as const }) };
}

/** Nothing has to be cut. A character takes at most three bytes. */
function isShort(annotations: Texts): boolean {
  let left = MAX_ANNOTATIONS_BYTES;
  return Object.keys(annotations).every((name) => {
    const { length } = annotations[name]!;
    left -= 3 * (name.length + length);
    return length <= MAX_ANNOTATION_CHARACTERS && left >= 0;
  });
}

function cut(text: string): string {
  return text.length <= MAX_ANNOTATION_CHARACTERS
    ? text
    : `${text.slice(0, MAX_ANNOTATION_CHARACTERS - 1).toWellFormed()}…`;
}
