import { checkMessage } from './discord-message.ts';
import type { LimitRule } from './limiter.ts';
import { type Answer, type Call, type Door, type Provider, type Reading, isRecord } from './provider.ts';

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

const wording: Pick<Door, 'limited' | 'fail' | 'usage'> = {
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

const PATH = String.raw`^\/discord\/api\/(?:v\d+\/)?webhooks\/(?<id>[^/]+)\/(?<token>[^/]+)`;

function readMessage({ params, body }: Call): Reading {
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
}

function messageOf(id: string, { params, body }: Call): object {
  const message = isRecord(body) ? body : {};
  return {
    id,
    type: 0,
    content: message['content'] ?? '',
    embeds: message['embeds'] ?? [],
    channel_id: '1',
    webhook_id: params['id'],
  };
}

const webhook: Door = {
  ...wording,
  methods: ['POST'],
  path: new RegExp(`${PATH}$`),
  read: readMessage,
  accept(call, { atMs, serial }) {
    if (call.query.get('wait') !== 'true') return { status: 204 };
    const timestamp = new Date(atMs).toISOString();
    return { status: 200, body: { ...messageOf(snowflake(atMs, serial), call), timestamp } };
  },
  made: ({ params }, { body }) => (isRecord(body) ? messageName(params['token'], body['id']) : undefined),
};

/** Edit Webhook Message (docs.discord.com/developers/resources/webhook). */
const message: Door = {
  ...wording,
  methods: ['PATCH'],
  path: new RegExp(String.raw`${PATH}\/messages\/(?<message>[^/]+)$`),
  read(call, shown) {
    const changes = messageName(call.params['token'], call.params['message']);
    const reading = { ...readMessage(call), changes };
    if (shown(changes)) return reading;
    const answer = { status: 404, body: { message: 'Unknown Message', code: 10_008 } };
    return { ...reading, refusal: { why: 'there is no such message', answer } };
  },
  accept(call, { atMs }) {
    const body = messageOf(call.params['message'] ?? '', call);
    return { status: 200, body: { ...body, edited_timestamp: new Date(atMs).toISOString() } };
  },
};

function messageName(token: string | undefined, id: unknown): string {
  return `${token}/${String(id)}`;
}

/** Milliseconds since 2015, then a serial: ids sort by time (docs.discord.com, Snowflakes). */
function snowflake(atMs: number, serial: number): string {
  return ((BigInt(Math.floor(atMs) - 1_420_070_400_000) << 22n) | BigInt(serial % 4096)).toString();
}

export const discord: Provider = {
  name: 'discord',
  title: 'Discord',
  limits: [PER_WEBHOOK],
  doors: [webhook, message],
};
