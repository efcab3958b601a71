import type { Call, Door, Provider } from './provider.ts';

const NAMES = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

/** Bytes of a signature by its version: HMAC-SHA256 and ed25519. */
const SIGNATURE_BYTES: Readonly<Record<string, number>> = { v1: 32, v1a: 64 };

/**
 * What is wrong with the Standard Webhooks headers of a signed message. Only their shape: the twin holds no
 * secrets. A message without a signature is none of it; its id and timestamp may still be there.
 * Source: standard-webhooks spec/standard-webhooks.md, Webhook Headers.
 */
function headerFault(headers: Call['headers']): string | undefined {
  if (headers['webhook-signature'] === undefined) return undefined;
  const missing = NAMES.find((name) => !headers[name]);
  if (missing) return `${missing} is missing`;
  const [id = '', timestamp = '', signatures = ''] = NAMES.map((name) => headers[name]);
  if (id.includes('.')) return 'webhook-id contains a dot';
  if (!/^\d{10}$/.test(timestamp)) return 'webhook-timestamp is not in whole seconds';
  const wrong = signatures.split(' ').find((signature) => !isSignature(signature));
  return wrong === undefined ? undefined : 'webhook-signature holds something that is no v1 or v1a signature';
}

function isSignature(signature: string): boolean {
  const [version = '', encoded = ''] = signature.split(',', 2);
  return (
    /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) &&
    Buffer.from(encoded, 'base64').length === SIGNATURE_BYTES[version]
  );
}

const receive: Door = {
  methods: ['POST', 'PUT', 'PATCH'],
  path: /^\/webhook\/(?<name>[^/]+)$/,
  read({ params, headers }) {
    const fault = headerFault(headers);
    const answer = { status: 400, body: { error: fault } };
    const refusal = fault === undefined ? undefined : { why: fault, answer };
    return { destination: params['name'] ?? '', refusal };
  },
  accept: () => ({ status: 200, body: { ok: true } }),
  limited: () => ({ status: 429 }),
  fail: (status, retryAfter) => ({
    status,
    ...(retryAfter !== undefined && { headers: { 'retry-after': String(retryAfter) } }),
    body: { error: `answered ${status} as told` },
  }),
};

export const webhook: Provider = { name: 'webhook', title: 'Webhooks', limits: [], doors: [receive] };
