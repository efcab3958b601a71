import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';

/**
 * Signatures of Standard Webhooks 1.0 (standard-webhooks/standard-webhooks, spec/standard-webhooks.md): over
 * `id.timestamp.body`, `v1` by HMAC-SHA256 with a `whsec_` secret, `v1a` by ed25519 with a `whsk_` secret.
 */

/** What is signed. `id` has no dot, or the parts could be told apart in two ways. */
export interface SignedMessage {
  readonly id: string;
  /** Epoch seconds. */
  readonly timestamp: number;
  readonly body: string;
}

interface Key {
  readonly version: 'v1' | 'v1a';
  /** Absent for a public key. */
  readonly signing?: KeyObject;
  readonly verifying: KeyObject;
}

/** Spec: 24 to 64 bytes. */
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;
/** DER wrappings of a bare ed25519 key (RFC 8410 section 7 and 4). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** Making a key object costs more than a signature; secrets are few and long-lived. */
const MAX_KEYS = 1_000;
const keys = new Map<string, Key | undefined>();

/** What is wrong with a signing secret, never repeating it; `undefined` when it can sign. */
export function checkSigningSecret(secret: string): string | undefined {
  if (keyOf(secret)?.signing) return undefined;
  return 'must be whsec_ and 24 to 64 bytes in base64, or whsk_ and an ed25519 secret key in base64';
}

/**
 * The value of `webhook-signature`: one signature per secret, newest first, so that a receiver may know any of
 * them while secrets are rotated.
 * @throws Error when a secret is none; `checkSigningSecret` tells before.
 */
export function signMessage(message: SignedMessage, secrets: readonly string[]): string {
  const content = `${message.id}.${message.timestamp}.${message.body}`;
  return secrets.map((secret) => signOne(content, secret)).join(' ');
}

function signOne(content: string, secret: string): string {
  const key = keyOf(secret);
  if (!key?.signing) throw new Error('not a signing secret');
  const signature =
    key.version === 'v1'
      ? createHmac('sha256', key.signing).update(content).digest('base64')
      : sign(null, Buffer.from(content), key.signing).toString('base64');
  return `${key.version},${signature}`;
}

export type Verification = { readonly ok: true } | { readonly ok: false; readonly reason: SignatureFault };
export type SignatureFault = 'missing' | 'malformed' | 'expired' | 'mismatch';

/** Spec: seconds that clocks may differ, in both directions. */
const TOLERANCE_S = 300;
/** More than a sender could mean: each one costs us a computation. */
const MAX_SIGNATURES = 10;

/** Checks a received message. Headers by lower-case name; `secrets` may be `whsec_`, `whsk_` or `whpk_`. */
export function verifyMessage(
  headers: Readonly<Record<string, string | undefined>>,
  body: Uint8Array,
  secrets: readonly string[],
  nowMs: number,
): Verification {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature']?.split(' ').filter(Boolean);
  if (!id || !timestamp || !signatures?.length) return { ok: false, reason: 'missing' };
  if (!/^\d{1,12}$/.test(timestamp) || id.includes('.') || signatures.length > MAX_SIGNATURES) {
    return { ok: false, reason: 'malformed' };
  }
  if (Math.abs(Math.floor(nowMs / 1000) - Number(timestamp)) > TOLERANCE_S)
    return { ok: false, reason: 'expired' };
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const known = secrets.map(keyOf).filter((key) => key !== undefined);
  const fits = signatures.some((signature) => known.some((key) => matches(signature, content, key)));
  return fits ? { ok: true } : { ok: false, reason: 'mismatch' };
}

function matches(text: string, content: Buffer, key: Key): boolean {
  const [version, encoded = ''] = text.split(',');
  if (version !== key.version) return false;
  const signature = Buffer.from(encoded, 'base64');
  if (key.version === 'v1a')
    return signature.length === 64 && verify(null, content, key.verifying, signature);
  const expected = createHmac('sha256', key.verifying).update(content).digest();
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}

function keyOf(secret: string): Key | undefined {
  const known = keys.get(secret);
  if (known !== undefined || keys.has(secret)) return known;
  const key = parseKey(secret);
  const [oldest] = keys.keys();
  if (keys.size >= MAX_KEYS && oldest !== undefined) keys.delete(oldest);
  keys.set(secret, key);
  return key;
}

function parseKey(secret: string): Key | undefined {
  const [, kind, encoded = ''] = /^(whsec|whsk|whpk)_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  if (kind === undefined || bytes.toString('base64') !== encoded) return undefined;
  if (kind === 'whsec') {
    if (bytes.length < MIN_SECRET_BYTES || bytes.length > MAX_SECRET_BYTES) return undefined;
    const key = createSecretKey(bytes);
    return { version: 'v1', signing: key, verifying: key };
  }
  return kind === 'whpk' ? publicKey(bytes) : privateKey(bytes);
}

function publicKey(bytes: Buffer): Key | undefined {
  if (bytes.length !== 32) return undefined;
  const key = Buffer.concat([SPKI, bytes]);
  return { version: 'v1a', verifying: createPublicKey({ key, format: 'der', type: 'spki' }) };
}

/** 32 bytes of seed, or these and the 32 bytes of the public key, as other implementations write it. */
function privateKey(bytes: Buffer): Key | undefined {
  if (bytes.length !== 32 && bytes.length !== 64) return undefined;
  const key = Buffer.concat([PKCS8, bytes.subarray(0, 32)]);
  const signing = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  const verifying = createPublicKey(signing);
  const given = bytes.subarray(32);
  const derived = verifying.export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
  return given.length > 0 && !given.equals(derived) ? undefined : { version: 'v1a', signing, verifying };
}
