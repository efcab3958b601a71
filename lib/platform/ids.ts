import { randomBytes } from 'node:crypto';
import { toId } from '../core/id.ts';

/** A new id: 22 characters of `[A-Za-z0-9_-]`, 127 random bits. */
export function newId(): string {
  return toId(randomBytes(16));
}

/** A number in [0, 1) for jitter; secrets are made of `newSecretBytes`. */
export function chance(): number {
  return Math.random();
}

export function newSecretBytes(count: number): Uint8Array {
  return randomBytes(count);
}
