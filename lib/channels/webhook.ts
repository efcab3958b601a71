import { defineChannel, type FieldIssue } from '../channel.ts';
import { checkAddedHeaders, isTextRecord, lowerCased, parseHeaderLine } from '../core/custom-headers.ts';
import { originHeader, rateHeader, readPermission } from '../core/handshake.ts';
import type { Notification } from '../core/notification.ts';
import { outcomeOf, retryAfterMs } from '../core/outcome.ts';
import { WEBHOOK_RETRY_MS } from '../core/retry-schedule.ts';
import { checkSigningSecret, signMessage } from '../core/signature.ts';

/** Standard Webhooks 1.0 (standard-webhooks/standard-webhooks, spec/standard-webhooks.md). */
export const webhook = defineChannel({
  name: 'webhook',
  title: 'Webhook',
  fields: {
    url: {
      kind: 'url',
      about: 'URL that takes the POST; as a reference when it holds a token.',
      mayBeSecret: true,
      local: (twinUrl, name) => `${twinUrl}/webhook/${encodeURIComponent(name)}`,
    },
    secrets: {
      kind: 'secret',
      about: 'Signing secrets, newest first: whsec_ signs v1 (HMAC-SHA256), whsk_ signs v1a (ed25519).',
      secret: true,
      many: true,
      optional: true,
      local: (_, name) => `whsec_${Buffer.from(name.padEnd(24, '.').slice(0, 64)).toString('base64')}`,
    },
    headers: { kind: 'headers', about: 'Headers to add, up to 20.', optional: true },
    secretHeaders: {
      kind: 'secret',
      about:
        'Headers to add whose values are secret, each "Name: value", such as "Authorization: Bearer ...".',
      secret: true,
      many: true,
      optional: true,
      local: (_, name) => `x-secret-header: ${name}`,
    },
    handshakeOrigin: {
      kind: 'text',
      about:
        'DNS name of your system, such as fanfare.example.com, under which the receiver is asked for its consent first.',
      pattern: /^[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63}){0,9}$/i,
      optional: true,
    },
  },
  payload: 'event',
  timeoutMs: 15_000,
  retryMs: WEBHOOK_RETRY_MS,
  providerKey: { header: 'webhook-id' },
  check: ({ headers, secrets, secretHeaders }) => [
    ...texts(secrets).flatMap((secret) => {
      const message = checkSigningSecret(secret);
      return message ? [{ field: 'secrets', message }] : [];
    }),
    ...secretHeaderIssues(texts(secretHeaders), headers),
  ],
  request(notification, settings, { wireId, atMs }) {
    const { url, secrets = [], handshakeOrigin: origin } = settings;
    const timestamp = Math.floor(atMs / 1000);
    const body = JSON.stringify(payloadOf(notification));
    const signature = signMessage({ id: wireId, timestamp, body }, secrets);
    return {
      transport: 'http',
      method: 'POST',
      url,
      headers: {
        ...addedHeaders(settings),
        ...(origin !== undefined && originHeader(origin)),
        'content-type': 'application/json',
        'webhook-id': wireId,
        'webhook-timestamp': String(timestamp),
        ...(signature && { 'webhook-signature': signature }),
      },
      body,
    };
  },
  /** The receiver dedupes on `webhook-id`, so that a repeat is safe; what is final differs from chat. */
  outcome(reply, nowMs) {
    const { status } = reply;
    const afterMs = retryAfterMs(reply.headers['retry-after'], nowMs);
    const hint = afterMs === undefined ? {} : { afterMs };
    if (status === 401 || status === 403) return { kind: 'retry', reason: 'authError', ...hint };
    if (status === 404) return { kind: 'retry', reason: 'clientError', ...hint };
    if (status >= 500) return { kind: 'retry', reason: 'serverError', ...hint };
    // A redirect is a failure like any other, and never followed.
    if (status >= 300 && status < 400) return { kind: 'retry', reason: 'serverError', ...hint };
    return outcomeOf(reply, nowMs);
  },
  handshake(settings, rate) {
    const { url, handshakeOrigin: origin } = settings;
    if (origin === undefined) return undefined;
    const headers = { ...addedHeaders(settings), ...originHeader(origin), ...rateHeader(rate) };
    return {
      request: { transport: 'http', method: 'OPTIONS', url, headers, body: '' },
      read: (reply) => readPermission(reply.headers, origin),
    };
  },
});

interface AddedHeaders {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly secretHeaders?: readonly string[] | undefined;
}

function addedHeaders({ headers = {}, secretHeaders = [] }: AddedHeaders): Record<string, string> {
  const secret = secretHeaders.map(parseHeaderLine).filter((line) => line !== undefined);
  return { ...lowerCased(headers), ...Object.fromEntries(secret) };
}

function payloadOf({ id, topic, time, data, ...rest }: Notification): object {
  return { id, type: topic, timestamp: time, ...rest, data: data ?? {} };
}

function secretHeaderIssues(lines: readonly string[], plain: unknown): FieldIssue[] {
  const parsed = lines.map(parseHeaderLine).filter((line) => line !== undefined);
  const all = { ...(isTextRecord(plain) ? lowerCased(plain) : {}), ...Object.fromEntries(parsed) };
  const message = parsed.length < lines.length ? 'must each look like "Name: value"' : checkAddedHeaders(all);
  return message ? [{ field: 'secretHeaders', message, code: 'header' }] : [];
}

/** References are not resolved yet when a catalog is checked. */
function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
