/** RFC 5321 4.5.3.1: a path of 256 characters, less its angle brackets. */
const MAX_LENGTH = 254;
/** Dot-atom of RFC 5322 3.4.1; quoted local parts and comments are legal and never meant. */
const LOCAL_PART = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const HOST = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/;

/**
 * One bare e-mail address with its domain in ASCII: a name in another script is shown as punycode, so that
 * look-alikes can be seen. `undefined` when it is none: two addresses, a display name, a line break.
 */
export function toAsciiAddress(text: string): string | undefined {
  const [local = '', domain = '', rest] = text.split('@');
  if (rest !== undefined || local.length > 64 || !LOCAL_PART.test(local)) return undefined;
  if (domain === '' || /[\s\p{Cc}/\\?#:%[\]<>,;]/u.test(domain)) return undefined;
  const host = URL.parse(`https://${domain}`)?.hostname ?? '';
  const address = `${local}@${host}`;
  return HOST.test(host) && address.length <= MAX_LENGTH ? address : undefined;
}
