import { checkMessage } from './discord-message.ts';
import type { LimitRule } from './limiter.ts';
import { type Answer, type Door, type Provider, isRecord } from './provider.ts';

/** Seen in every answer of Discord, published nowhere: 5 in 2 s per webhook (discord/discord-api-docs#1454). */
const PER_WEBHOOK: LimitRule = {
  name: 'discord webhook',
  limit: 5,
  perMs: 2_000,
  source: 'docs.discord.com/developers/topics/rate-limits; X-RateLimit headers of a webhook',
};

/** docs.discord.com, Opcodes and Status Codes: the body that goes with a status. */
const ERRORS: Readonly<Record<number, { message: string; code: number }>> = {
  400: { message: '400: Bad Request', code: 0 },
  401: { message: 'Invalid Webhook Token', code: 50_027 },
  403: { message: 'Missing Permissions', code: 50_013 },
  404: { message: 'Unknown Webhook', code: 10_015 },
  405: { message: '405: Method Not Allowed', code: 0 },
  500: { message: '500: Internal Server Error', code: 0 },
};

/** Seconds as a fraction in the body, whole in `Retry-After` (docs.discord.com, Rate limits). */
function rateLimited(seconds: number): Answer {
  return {
    status: 429,
    headers: {
      'retry-after': String(Math.ceil(seconds)),
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset-after': seconds.toFixed(3),
      'x-ratelimit-scope': 'user',
      via: '1.1 google',
    },
    body: { message: 'You are being rate limited.', retry_after: seconds, global: false },
  };
}

const webhook: Door = {
  methods: ['POST'],
  path: /^\/discord\/api\/(?:v\d+\/)?webhooks\/(?<id>[^/]+)\/(?<token>[^/]+)$/,
  read({ params, body }) {
    const destination = params['token'] ?? '';
    const scopes = [{ rule: PER_WEBHOOK, key: `${params['id']}/${destination}` }];
    if (!isRecord(body)) {
      const answer = {
        status: 400,
        body: { message: 'The request body contains invalid JSON.', code: 50_109 },
      };
      return { destination, scopes, refusal: { why: 'the body is no JSON object', answer } };
    }
    return { destination, scopes, refusal: checkMessage(body) };
  },
  accept({ params, query, body }, { atMs, serial }) {
    if (query.get('wait') !== 'true') return { status: 204 };
    const message = isRecord(body) ? body : {};
    return {
      status: 200,
      body: {
        id: snowflake(atMs, serial),
        type: 0,
        content: message['content'] ?? '',
        embeds: message['embeds'] ?? [],
        channel_id: '1',
        webhook_id: params['id'],
        timestamp: new Date(atMs).toISOString(),
      },
    };
  },
  limited: (waitMs) => rateLimited(Math.max(1, Math.ceil(waitMs)) / 1000),
  fail: (status, retryAfter = 1) =>
    status === 429
      ? rateLimited(retryAfter)
      : { status, body: ERRORS[status] ?? { message: `${status}`, code: 0 } },
  usage: ({ limit, remaining, resetAfterMs }) => ({
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset-after': (resetAfterMs / 1000).toFixed(3),
    'x-ratelimit-bucket': 'twin-webhook',
  }),
};

/** Milliseconds since 2015, then a serial: ids sort by time (docs.discord.com, Snowflakes). */
function snowflake(atMs: number, serial: number): string {
  return ((BigInt(Math.floor(atMs) - 1_420_070_400_000) << 22n) | BigInt(serial % 4096)).toString();
}

export const discord: Provider = {
  name: 'discord',
  title: 'Discord',
  limits: [PER_WEBHOOK],
  doors: [webhook],
};
