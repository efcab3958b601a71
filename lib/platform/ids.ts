import { randomBytes } from 'node:crypto';

/** A new id: 22 characters of `[A-Za-z0-9_-]`, 128 random bits. */
export function newId(): string {
  return randomBytes(16).toString('base64url');
}

/** A number in [0, 1) for jitter; secrets are made of `newSecretBytes`. */
export function chance(): number {
  return Math.random();
}

export function newSecretBytes(count: number): Uint8Array {
  return randomBytes(count);
}
