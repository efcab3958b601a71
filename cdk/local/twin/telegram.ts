import type { LimitRule, ScopeUse } from './limiter.ts';
import { parseBody } from './body.ts';
import {
  type Answer,
  type Call,
  type Door,
  type Provider,
  type Reading,
  isRecord,
  wholeSeconds,
} from './provider.ts';
import { parseTelegramHtml } from './telegram-html.ts';

/** After parsing entities, in UTF-16 units. Source: core.telegram.org/bots/api#sendmessage. */
const TEXT_MAX = 4_096;

const FAQ = 'core.telegram.org/bots/faq, My bot is hitting limits';
const PER_BOT: LimitRule = { name: 'telegram bot', limit: 30, perMs: 1_000, source: FAQ };
// "Short bursts" are tolerated by the same page; three at once is a choice.
const PER_CHAT: LimitRule = {
  name: 'telegram chat',
  limit: 1,
  perMs: 1_000,
  judged: [
    { limit: 3, perMs: 1_000 },
    { limit: 10, perMs: 10_000 },
  ],
  source: FAQ,
};
const PER_GROUP: LimitRule = { name: 'telegram group', limit: 20, perMs: 60_000, source: FAQ };

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'Bad Request: chat not found',
  401: 'Unauthorized',
  403: 'Forbidden: bot was blocked by the user',
  404: 'Not Found',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
};

function problem(status: number, description: string): Answer {
  return { status, body: { ok: false, error_code: status, description } };
}

function tooMany(seconds: number): Answer {
  return {
    status: 429,
    headers: { 'retry-after': String(Math.ceil(seconds)) },
    body: {
      ok: false,
      error_code: 429,
      description: `Too Many Requests: retry after ${seconds}`,
      parameters: { retry_after: seconds },
    },
  };
}

/** The provider's description of what is wrong with the message, `undefined` when it would be sent. */
function faultOf(body: Readonly<Record<string, unknown>>, chat: string): string | undefined {
  if (chat === '') return 'Bad Request: chat_id is empty';
  if (!/^(?:-?\d{1,52}|@\w+)$/.test(chat)) return 'Bad Request: chat not found';
  const { text } = body;
  const mode = typeof body['parse_mode'] === 'string' ? body['parse_mode'].toLowerCase() : '';
  if (typeof text !== 'string') return 'Bad Request: message text is empty';
  if (!['', 'html', 'markdown', 'markdownv2'].includes(mode)) return 'Bad Request: unsupported parse_mode';
  const parsed = mode === 'html' ? parseTelegramHtml(text) : { text };
  if ('error' in parsed) return `Bad Request: can't parse entities: ${parsed.error}`;
  if (parsed.text.trim() === '') return 'Bad Request: message text is empty';
  return parsed.text.trim().length > TEXT_MAX ? 'Bad Request: message is too long' : undefined;
}

const wording: Pick<Door, 'methods' | 'limited' | 'fail'> = {
  methods: ['POST', 'GET'],
  limited: (waitMs) => tooMany(wholeSeconds(waitMs)),
  fail: (status, retryAfter = 1) =>
    status === 429 ? tooMany(retryAfter) : problem(status, DESCRIPTIONS[status] ?? `Error ${status}`),
};

function membersOf({ query, body }: Call): Readonly<Record<string, unknown>> {
  return isRecord(body) ? body : Object.fromEntries(query);
}

function chatOf({ chat_id: chatId }: Readonly<Record<string, unknown>>): string {
  return typeof chatId === 'string' || typeof chatId === 'number' ? String(chatId) : '';
}

function readMessage(call: Call): Reading {
  const token = call.params['token'] ?? '';
  const body = membersOf(call);
  const chat = chatOf(body);
  const scopes: ScopeUse[] = [{ rule: PER_BOT, key: token }];
  if (chat !== '') scopes.push({ rule: PER_CHAT, key: `${token} ${chat}` });
  if (chat.startsWith('-')) scopes.push({ rule: PER_GROUP, key: `${token} ${chat}` });
  if (!/^\d+:[\w-]+$/.test(token)) {
    const refusal = { why: 'no bot token in the path', answer: problem(404, 'Not Found') };
    return { destination: chat, scopes, refusal };
  }
  return { destination: chat, scopes, refusal: refusalOf(faultOf(body, chat)) };
}

function refusalOf(fault: string | undefined): Reading['refusal'] {
  return fault === undefined ? undefined : { why: fault, answer: problem(400, fault) };
}

function result(call: Call, id: unknown, atMs: number, more: object = {}): Answer {
  const { chat_id: chatId, text } = membersOf(call);
  const group = String(chatId).startsWith('-');
  return {
    status: 200,
    body: {
      ok: true,
      result: {
        message_id: id,
        from: {
          id: Number(/^\d+/.exec(call.params['token'] ?? '')?.[0] ?? 0),
          is_bot: true,
          first_name: 'Fanfare twin',
        },
        chat: {
          id: Number.isNaN(Number(chatId)) ? chatId : Number(chatId),
          type: group ? 'supergroup' : 'private',
        },
        date: Math.floor(atMs / 1000),
        text,
        ...more,
      },
    },
  };
}

const sendMessage: Door = {
  ...wording,
  path: /^\/telegram\/bot(?<token>[^/]+)\/sendMessage$/i,
  read: readMessage,
  accept: (call, { atMs, serial }) => result(call, serial, atMs),
  made: (call, { body }) =>
    isRecord(body) && isRecord(body['result']) ? messageName(call, body['result']['message_id']) : undefined,
};

/** core.telegram.org/bots/api#editmessagetext; its refusals: github.com/TelegramBotAPI/errors. */
const editMessageText: Door = {
  ...wording,
  path: /^\/telegram\/bot(?<token>[^/]+)\/editMessageText$/i,
  read(call, shown) {
    const body = membersOf(call);
    const changes = messageName(call, body['message_id']);
    const now = shown(changes);
    const reading = { ...readMessage(call), changes };
    if (reading.refusal) return reading;
    if (!now) return { ...reading, refusal: refusalOf('Bad Request: message to edit not found') };
    const before = parseBody(now.raw, now.headers['content-type']);
    const isSame = isRecord(before) && before['text'] === body['text'];
    return { ...reading, refusal: refusalOf(isSame ? UNCHANGED : undefined) };
  },
  accept: (call, { atMs }) =>
    result(call, membersOf(call)['message_id'], atMs, { edit_date: Math.floor(atMs / 1000) }),
};

const UNCHANGED =
  'Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a ' +
  'current content and reply markup of the message';

function messageName(call: Call, id: unknown): string {
  return `${call.params['token']} ${chatOf(membersOf(call))} ${String(id)}`;
}

export const telegram: Provider = {
  name: 'telegram',
  title: 'Telegram',
  limits: [PER_BOT, PER_CHAT, PER_GROUP],
  doors: [sendMessage, editMessageText],
};
