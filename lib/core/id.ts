/**
 * Bytes as an id of `[A-Za-z0-9_-]`. It begins with a letter, for one bit of chance: no command line takes it for an
 * option.
 */
export function toId(bytes: Uint8Array): string {
  const own = Buffer.from(bytes);
  own[0]! &= 0x7f;
  return own.toString('base64url');
}
