import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * API keys: `fan_<env>_<id>_<secret>`. The id finds the item, the secret proves the key. The store keeps the
 * SHA-256 of the secret, which is enough because the secret is 32 random bytes and not a password
 * (a slow hash would let anybody burn our CPU, security P0 4).
 */
export interface ApiKey {
  readonly env: KeyEnv;
  /** 12 characters of `[0-9A-Za-z]`. */
  readonly id: string;
  /** 32 bytes as base64url, 43 characters; may contain `_` and `-`. */
  readonly secret: string;
}

export type KeyEnv = 'live' | 'local';

/** Random bytes that `createApiKey` consumes: 12 for the id, 32 for the secret. */
export const API_KEY_BYTES = 44;

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const FORMAT = /^fan_(live|local)_([0-9A-Za-z]{12})_([A-Za-z0-9_-]{43})$/;

/** Makes a key from random bytes; the text is shown once, the store gets `hashSecret(secret)`. */
export function createApiKey(env: KeyEnv, random: Uint8Array): ApiKey {
  if (random.length < API_KEY_BYTES) throw new Error(`createApiKey needs ${API_KEY_BYTES} random bytes`);
  const id = Array.from(random.subarray(0, 12), (byte) => BASE62[byte % BASE62.length]).join('');
  return { env, id, secret: Buffer.from(random.subarray(12, API_KEY_BYTES)).toString('base64url') };
}

export function formatApiKey({ env, id, secret }: ApiKey): string {
  return `fan_${env}_${id}_${secret}`;
}

/** Reads the text of a key; anything else gives `undefined`. */
export function parseApiKey(text: string): ApiKey | undefined {
  const [, env, id, secret] = FORMAT.exec(text) ?? [];
  return env && id && secret ? { env: env === 'live' ? 'live' : 'local', id, secret } : undefined;
}

/** SHA-256 of a key's secret, hex. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares two hex SHA-256 values in constant time. */
export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a, 'hex');
  const right = Buffer.from(b, 'hex');
  return left.length === 32 && right.length === 32 && timingSafeEqual(left, right);
}
