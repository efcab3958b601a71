import type { LimitRule } from './limiter.ts';
import {
  type Answer,
  type Call,
  type Door,
  type Provider,
  isRecord,
  listOf,
  wholeSeconds,
} from './provider.ts';
import { BLOCK_SIZES, blocksLength, checkBlocks } from './slack-blocks.ts';

/** Source: docs.slack.dev, chat.postMessage: longer text is refused; more than 100 attachments too. */
const TEXT_MAX = 40_000;
const ATTACHMENTS_MAX = 100;

// Slack publishes 1 message per second and "short bursts"; how short is not stated, three at once is a choice.
const BURSTS = [
  { limit: 3, perMs: 1_000 },
  { limit: 10, perMs: 10_000 },
];
const PER_WEBHOOK: LimitRule = {
  name: 'slack webhook',
  limit: 1,
  perMs: 1_000,
  judged: BURSTS,
  source: 'docs.slack.dev/apis/web-api/rate-limits, Posting messages',
};
const PER_CHANNEL: LimitRule = { ...PER_WEBHOOK, name: 'slack channel' };
const UPDATES: LimitRule = {
  name: 'slack workspace: changes',
  limit: 50,
  perMs: 60_000,
  source: 'docs.slack.dev/reference/methods/chat.update: Tier 3, 50 and more a minute',
};

interface Fault {
  readonly error: string;
  readonly details: readonly string[];
}

/** Slack's verdict on a message, by its error word; the same for both ways to post. */
function faultOf(body: Readonly<Record<string, unknown>>): Fault | undefined {
  const { text, blocks } = body;
  const attachments = listOf(body['attachments']);
  const empty = (typeof text !== 'string' || text.trim() === '') && listOf(blocks).length === 0;
  if (empty && attachments.length === 0) return { error: 'no_text', details: [] };
  if (typeof text === 'string' && text.length > TEXT_MAX) return { error: 'msg_too_long', details: [] };
  if (attachments.length > ATTACHMENTS_MAX) return { error: 'too_many_attachments', details: [] };

  const wrong = blocks === undefined ? [] : checkBlocks(blocks);
  if (wrong.length > 0) return { error: 'invalid_blocks', details: wrong };
  const wrongInside = attachments.flatMap((attachment, i) => {
    if (!isRecord(attachment)) return [`must be an object [/attachments/${i}]`];
    return attachment['blocks'] === undefined
      ? []
      : checkBlocks(attachment['blocks'], `/attachments/${i}/blocks`);
  });
  if (wrongInside.length > 0) return { error: 'invalid_attachments', details: wrongInside };
  const total =
    blocksLength(blocks) + blocksLength(attachments.map((each) => isRecord(each) && each['blocks']));
  return total > BLOCK_SIZES.total
    ? { error: 'msg_blocks_too_long', details: [`${total} characters`] }
    : undefined;
}

function whyOf({ error, details }: Fault): string {
  return [error, ...details.slice(0, 3)].join(': ');
}

const rateLimited = (seconds: number): Answer => ({
  status: 429,
  headers: { 'retry-after': String(seconds) },
  body: { retry_after: seconds, ok: false, error: 'rate_limited' },
});

// api.slack.com changelog 2016-05-17: the words an incoming webhook answers with.
const WEBHOOK_WORDS: Readonly<Record<number, string>> = {
  400: 'invalid_payload',
  403: 'action_prohibited',
  404: 'channel_not_found',
  410: 'channel_is_archived',
  500: 'rollup_error',
};

const webhook: Door = {
  methods: ['POST'],
  path: /^\/slack\/services\/(?:[^/]+\/)*(?<hook>[^/]+)$/,
  read({ params, body }) {
    const destination = params['hook'] ?? '';
    const scopes = [{ rule: PER_WEBHOOK, key: destination }];
    const fault = isRecord(body) ? faultOf(body) : { error: 'invalid_payload', details: ['no JSON object'] };
    const refusal = fault && { why: whyOf(fault), answer: { status: 400, body: fault.error } };
    return { destination, scopes, refusal };
  },
  accept: () => ({ status: 200, body: 'ok' }),
  limited: (waitMs) => rateLimited(wholeSeconds(waitMs)),
  fail: (status, retryAfter = 1) =>
    status === 429 ? rateLimited(retryAfter) : { status, body: WEBHOOK_WORDS[status] ?? 'server_error' },
};

/** The error word of a request that never gets as far as its message. */
function accessFault({ headers, body }: Call): Fault | undefined {
  const token = /^Bearer (.+)$/i.exec(headers['authorization'] ?? '')?.[1];
  if (!token) return { error: 'not_authed', details: [] };
  if (!token.startsWith('xox')) return { error: 'invalid_auth', details: ['tokens begin with xox'] };
  if (!isRecord(body)) return { error: 'invalid_json', details: [] };
  const channel = body['channel'];
  if (typeof channel !== 'string' || !/^(?:[CDGU][A-Z0-9]+|#?[\p{L}\p{N}_-]+)$/u.test(channel)) {
    return { error: 'channel_not_found', details: [] };
  }
  return undefined;
}

const refuse = ({ error, details }: Fault): Answer => ({
  status: 200,
  body: {
    ok: false,
    error,
    ...(details.length > 0 && { errors: details, response_metadata: { messages: details } }),
  },
});

const postMessage: Door = {
  methods: ['POST'],
  path: /^\/slack\/api\/chat\.postMessage$/,
  read(call) {
    const body = isRecord(call.body) ? call.body : {};
    const destination = typeof body['channel'] === 'string' ? body['channel'] : '';
    const fault = accessFault(call) ?? faultOf(body);
    const refusal = fault && { why: whyOf(fault), answer: refuse(fault) };
    return { destination, scopes: destination ? [{ rule: PER_CHANNEL, key: destination }] : [], refusal };
  },
  accept({ body }, { atMs, serial }) {
    const message = isRecord(body) ? body : {};
    const ts = `${Math.floor(atMs / 1000)}.${String(serial % 1_000_000).padStart(6, '0')}`;
    return {
      status: 200,
      body: {
        ok: true,
        channel: channelId(String(message['channel'])),
        ts,
        message: { type: 'message', text: message['text'] ?? '', ts },
      },
    };
  },
  made: (_, { body }) => (isRecord(body) ? messageName(body) : undefined),
  // docs.slack.dev rate limits: the Web API says `ratelimited`, without the underscore.
  limited: (waitMs) => ratelimited(wholeSeconds(waitMs)),
  fail: (status, retryAfter = 1) =>
    status === 429
      ? ratelimited(retryAfter)
      : { status, body: { ok: false, error: status < 500 ? 'fatal_error' : 'internal_error' } },
};

/** Slack calls a channel by its id, whatever its messages were sent to. */
function channelId(channel: string): string {
  if (/^[CDGU][A-Z0-9]+$/.test(channel)) return channel;
  return `C${Buffer.from(channel.replace(/^#/, '')).toString('hex').toUpperCase().padEnd(8, '0')}`;
}

function messageName({ channel, ts }: Readonly<Record<string, unknown>>): string {
  return `${String(channel)}:${String(ts)}`;
}

/** docs.slack.dev/reference/methods/chat.update; a channel must be given by its id. */
const updateMessage: Door = {
  methods: ['POST'],
  path: /^\/slack\/api\/chat\.update$/,
  read(call, shown) {
    const body = isRecord(call.body) ? call.body : {};
    const changes = messageName(body);
    const now = shown(changes);
    const isId = body['channel'] === channelId(String(body['channel']));
    const unknown = isId
      ? { error: 'message_not_found', details: [] }
      : { error: 'channel_not_found', details: [] };
    const fault = accessFault(call) ?? (now ? (ownerFault(call, now) ?? faultOf(body)) : unknown);
    const refusal = fault && { why: whyOf(fault), answer: refuse(fault) };
    const scopes = [{ rule: UPDATES, key: call.headers['authorization'] ?? '' }];
    return { destination: now?.destination ?? String(body['channel']), scopes, changes, refusal };
  },
  accept({ body }) {
    const { channel, ts, text = '' } = isRecord(body) ? body : {};
    return { status: 200, body: { ok: true, channel, ts, text, message: { type: 'message', text } } };
  },
  limited: postMessage.limited,
  fail: postMessage.fail,
};

function ownerFault(
  { headers }: Call,
  { headers: first }: { readonly headers: Call['headers'] },
): Fault | undefined {
  const isOwn = headers['authorization'] === first['authorization'];
  return isOwn ? undefined : { error: 'cant_update_message', details: [] };
}

function ratelimited(seconds: number): Answer {
  return {
    status: 429,
    headers: { 'retry-after': String(seconds) },
    body: { ok: false, error: 'ratelimited' },
  };
}

export const slack: Provider = {
  name: 'slack',
  title: 'Slack',
  limits: [PER_WEBHOOK, PER_CHANNEL, UPDATES],
  doors: [webhook, postMessage, updateMessage],
};
