/**
 * Bytes as an id of `[A-Za-z0-9_-]`. It begins with a letter, for one bit of chance: no command line takes it for an
 * option.
 */
export function toId(bytes: Uint8Array): string {
  const [first = 0, ...rest] = bytes;
  return Buffer.from([first & 0x7f, ...rest]).toString('base64url');
}
