import { checkPlainHeaders } from './custom-headers.ts';
import { toAsciiAddress } from './email-address.ts';
import type { Field, FieldIssue } from './field.ts';
import { checkUrl } from './url-guard.ts';

/** What the rules for addresses depend on. */
export interface AddressRules {
  /** Loopback `host:port` values of the local stack; the first is the twin of the providers. */
  readonly localHosts: readonly string[];
  /** Host of Fanfare's own API. */
  readonly apiHost?: string | undefined;
}

export type ValueIssue = Omit<FieldIssue, 'field'>;

const MAX_TEXT = 1_024;
const MAX_SECRET = 4_096;

/** What is wrong with one value of a field, after its references were resolved. Never repeats the value. */
export function checkFieldValue(field: Field, value: unknown, rules: AddressRules): ValueIssue | undefined {
  switch (field.kind) {
    case 'url':
      if (typeof value !== 'string') return { message: `must be a URL: ${field.about}` };
      return checkUrl(value, { ...rules, hosts: field.hosts, pathPrefix: field.pathPrefix });
    case 'integer':
      return isWhole(value, field) ? undefined : { message: `must be a whole number${rangeOf(field)}` };
    case 'boolean':
      return typeof value === 'boolean' ? undefined : { message: 'must be true or false' };
    case 'email':
      if (typeof value === 'string' && toAsciiAddress(value) !== undefined) return undefined;
      return { message: 'must be one e-mail address such as team@example.com, of at most 254 characters' };
    case 'headers': {
      const message = checkPlainHeaders(value);
      return message ? { code: 'header', message } : undefined;
    }
    case 'text':
    case 'secret':
      return checkText(field, textOf(value));
    default:
      return field.kind satisfies never;
  }
}

function checkText(
  { kind, about, oneOf, pattern, maxLength }: Field,
  text: string | undefined,
): ValueIssue | undefined {
  const max = maxLength ?? (kind === 'secret' ? MAX_SECRET : MAX_TEXT);
  if (text === undefined || text.trim() === '')
    return { message: `must be a text that is not empty: ${about}` };
  if (text.length > max) return { message: `must have at most ${max} characters` };
  if (/\p{Cc}/u.test(text)) return { message: 'must not contain line breaks or control characters' };
  if (oneOf && !oneOf.includes(text)) return { message: `must be one of ${oneOf.join(', ')}` };
  return pattern && !pattern.test(text) ? { message: `does not look right: ${about}` } : undefined;
}

/** Chat ids look like numbers, and YAML reads them as such. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

function isWhole(value: unknown, { min = -Infinity, max = Infinity }: Field): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max;
}

function rangeOf({ min, max }: Field): string {
  if (max === undefined) return min === undefined ? '' : ` of at least ${min}`;
  return min === undefined ? ` of at most ${max}` : ` from ${min} to ${max}`;
}
