import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** What a cursor is bound to: used anywhere else it does not open. */
export interface CursorSeal {
  readonly key: string;
  readonly tenant: string;
  /** The list and its filter, `deliveries:dead`. */
  readonly list: string;
}

const MAC_BYTES = 16;

/** The key that seals the cursors of an API key: follows from what is stored, leads back to nothing. */
export function cursorKeyOf(tenant: string, secretHash: string): string {
  return createHash('sha256')
    .update(JSON.stringify(['cursor', tenant, secretHash]))
    .digest('base64url');
}

/** Wraps a position of a list for the caller: readable by nobody else's key, useless for another list. */
export function sealCursor(position: string, seal: CursorSeal): string {
  return `${Buffer.from(position).toString('base64url')}.${mac(position, seal).toString('base64url')}`;
}

/** The position inside a cursor; `undefined` when it was changed or belongs elsewhere. */
export function openCursor(cursor: string, seal: CursorSeal): string | undefined {
  const [body, tag, rest] = cursor.split('.');
  if (!body || !tag || rest !== undefined) return undefined;
  const position = Buffer.from(body, 'base64url').toString();
  const given = Buffer.from(tag, 'base64url');
  return given.length === MAC_BYTES && timingSafeEqual(given, mac(position, seal)) ? position : undefined;
}

function mac(position: string, { key, tenant, list }: CursorSeal): Buffer {
  const text = JSON.stringify([tenant, list, position]);
  return createHmac('sha256', key).update(text).digest().subarray(0, MAC_BYTES);
}
