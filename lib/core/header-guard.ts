/**
 * Headers that decide how a message is framed or where it goes. Node's client writes them itself; a value from
 * outside would split or misdirect the request.
 */
const FRAMING: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'trailers',
  'transfer-encoding',
  'upgrade',
]);

const NAME = /^[!#$%&'*+.^_`|~\da-z-]{1,128}$/i;
/** Latin-1 without control characters except tab (RFC 9110 5.5). */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const MAX_VALUE_LENGTH = 4_096;
const MAX_HEADERS = 20;

/** What is wrong with a header of a request that we build; `undefined`: nothing. Never repeats the value. */
export function checkHeader(name: string, value: string): string | undefined {
  if (!NAME.test(name)) return 'header names have letters, digits and hyphens';
  if (FRAMING.has(name.toLowerCase())) return `the header ${name.toLowerCase()} is written by the transport`;
  return VALUE.test(value) ? undefined : `the value of ${name} has characters a header cannot carry`;
}

/**
 * What is wrong with headers that somebody wants added to our requests: beyond `checkHeader` they may not
 * play the signature (`webhook-*`), and there are at most 20 of at most 4,096 characters (bad input 65).
 */
export function checkCustomHeaders(headers: Readonly<Record<string, string>>): string | undefined {
  const entries = Object.entries(headers);
  if (entries.length > MAX_HEADERS) return `there may be at most ${MAX_HEADERS} headers`;
  for (const [name, value] of entries) {
    if (/^webhook-/i.test(name)) return 'headers that begin with webhook- belong to the signature';
    if (value.length > MAX_VALUE_LENGTH)
      return `the value of ${name.slice(0, 64)} has more than ${MAX_VALUE_LENGTH} characters`;
    const issue = checkHeader(name, value);
    if (issue !== undefined) return issue;
  }
  return undefined;
}
