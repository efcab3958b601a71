import type { Texts } from '../alert.ts';
import { isObject } from '../is-object.ts';
import { parseIsoTime } from '../iso-time.ts';
import { MAX_FINGERPRINT, MAX_LABELS, MAX_LABEL_NAME_BYTES, MAX_LABEL_VALUE_BYTES } from './alert-input.ts';

/*
 * The rules of `alert-input.ts` by hand. What keeps them, as nearly every alert does, need not pass a schema, which
 * costs ten times as much; what may break one is left to the schema, which can say so.
 */

export function areLabels(input: unknown): input is Texts {
  return areTexts(input, MAX_LABELS, MAX_LABEL_NAME_BYTES, MAX_LABEL_VALUE_BYTES);
}

export function areAnnotations(input: unknown): boolean {
  return input === undefined || areTexts(input);
}

export function isTime(input: unknown): boolean {
  return typeof input === 'string' && parseIsoTime(input) !== undefined;
}

export function isFingerprint(input: unknown): boolean {
  return input === undefined || (typeof input === 'string' && input.length <= MAX_FINGERPRINT);
}

/** A character takes at most three bytes. */
function areTexts(
  input: unknown,
  most = Infinity,
  nameBytes = Infinity,
  valueBytes = Infinity,
): input is Texts {
  if (!isObject(input)) return false;
  let names = 0;
  for (const name in input) {
    const value = input[name];
    if (typeof value !== 'string' || 3 * value.length > valueBytes || 3 * name.length > nameBytes)
      return false;
    if (name === '' && nameBytes !== Infinity) return false;
    names++;
  }
  return names <= most;
}
