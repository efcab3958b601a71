import type { LimitRule } from './limiter.ts';
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

/**
 * A URL that ends in `?perMinute=60` allows that rate when it is asked for its consent, and refuses more.
 * Source: cloudevents/spec, cloudevents/http-webhook.md, section 4.2.2.
 */
function allowed(query: Call['query']): LimitRule | undefined {
  const limit = Number(query.get('perMinute'));
  if (!Number.isInteger(limit) || limit < 1) return undefined;
  return {
    name: 'per webhook',
    limit,
    perMs: 60_000,
    source: 'https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md',
  };
}

const PATH = /^\/webhook\/(?<name>[^/]+)$/;

const receive: Door = {
  methods: ['POST', 'PUT', 'PATCH'],
  path: PATH,
  read({ params, query, headers }) {
    const rule = allowed(query);
    const fault = headerFault(headers);
    const answer = { status: 400, body: { error: fault } };
    const refusal = fault === undefined ? undefined : { why: fault, answer };
    const scopes = rule ? [{ rule, key: params['name'] ?? '' }] : [];
    return { destination: params['name'] ?? '', scopes, refusal };
  },
  accept: () => ({ status: 200, body: { ok: true } }),
  limited: () => ({ status: 429 }),
  fail: (status, retryAfter) => ({
    status,
    ...(retryAfter !== undefined && { headers: { 'retry-after': String(retryAfter) } }),
    body: { error: `answered ${status} as told` },
  }),
};

/** Consents to whoever asks. */
const consent: Door = {
  ...receive,
  methods: ['OPTIONS'],
  isQuestion: true,
  read: ({ params }) => ({ destination: params['name'] ?? '' }),
  accept({ headers, query }) {
    const origin = headers['webhook-request-origin'];
    const rate = String(allowed(query)?.limit ?? '*');
    return {
      status: 200,
      headers: {
        allow: 'POST',
        ...(origin !== undefined && { 'webhook-allowed-origin': origin, 'webhook-allowed-rate': rate }),
      },
    };
  },
};

export const webhook: Provider = {
  name: 'webhook',
  title: 'Webhooks',
  limits: [],
  doors: [receive, consent],
};
