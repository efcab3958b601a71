import { randomBytes, randomFillSync } from 'node:crypto';
import { toId } from '../core/id.ts';

/** A new id: 22 characters of `[A-Za-z0-9_-]`, 127 random bits. */
export function newId(): string {
  if (used === ahead.length) {
    randomFillSync(ahead);
    used = 0;
  }
  return toId(ahead.subarray(used, (used += ID_BYTES)));
}

const ID_BYTES = 16;
/** Bytes of the ids to come: the system takes about as long for those of one as for those of all. */
const ahead = Buffer.alloc(128 * ID_BYTES);
let used = ahead.length;

/** A number in [0, 1) for jitter; secrets are made of `newSecretBytes`. */
export function chance(): number {
  return Math.random();
}

export function newSecretBytes(count: number): Uint8Array {
  return randomBytes(count);
}
