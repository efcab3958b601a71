import { type HttpRequest, defineChannel } from '../channel.ts';
import { clean, escapeHtml, escapeTelegram } from '../core/escape.ts';
import { LINK_WORDS, footerOf, headlineOf, linkOf } from '../core/look.ts';
import type { Notification } from '../core/notification.ts';
import { outcomeOf } from '../core/outcome.ts';
import { membersOf, replyMembers, secondsHint, withHint } from '../core/reply-body.ts';
import { CHAT_RETRY_MS } from '../core/retry-schedule.ts';
import { truncate } from '../core/text.ts';

/** core.telegram.org/bots/api#sendmessage: 4,096 after entities parsing; counted with entities, to be sure. */
const MAX_MESSAGE = 4_096;
const MAX_TITLE = 512;
const MAX_FOOTER = 384;
const MAX_LINK = 1_024;
/** github.com/TelegramBotAPI/errors: what a change is refused with whose message was deleted, or never was. */
const LOST = /message to edit not found|message can't be edited|MESSAGE_ID_INVALID/i;
/** The same: it says already what it is to say. */
const UNCHANGED = /message is not modified/i;
const GAP = '\n\n';

export const telegram = defineChannel({
  name: 'telegram',
  title: 'Telegram',
  fields: {
    token: {
      kind: 'secret',
      about: 'Token of the bot, as BotFather gives it.',
      secret: true,
      pattern: /^\d{1,20}:[A-Za-z0-9_-]{3,100}$/,
      local: (_, name) => `1000000000:${name.replaceAll(/[^A-Za-z0-9_-]/g, '-')}-of-the-twin`,
    },
    chatId: {
      kind: 'text',
      about: 'Chat to write to: a number, negative for groups, or @name of a public channel.',
      pattern: /^(?:-?[1-9]\d{0,19}|@[A-Za-z][A-Za-z0-9_]{3,31})$/,
    },
    threadId: { kind: 'integer', about: 'Topic within a forum group.', optional: true, min: 1 },
    apiUrl: {
      kind: 'url',
      about: 'Base URL of a Bot API server of your own, when it is not https://api.telegram.org.',
      optional: true,
      local: (twinUrl) => `${twinUrl}/telegram`,
    },
  },
  payload: 'text',
  textBudget: { max: MAX_MESSAGE, unit: 'utf16' },
  // core.telegram.org/bots/faq, My bot is hitting limits. A group's 20 a minute lie below 1 a second.
  scopes: [
    { name: 'bot', key: ({ token }) => token, limit: 30, perMs: 1_000, shared: true },
    {
      name: 'chat',
      key: ({ token, chatId }) => (chatId.startsWith('-') ? undefined : `${token} ${chatId}`),
      limit: 1,
      perMs: 1_000,
    },
    {
      name: 'group',
      key: ({ token, chatId }) => (chatId.startsWith('-') ? `${token} ${chatId}` : undefined),
      limit: 20,
      perMs: 60_000,
    },
  ],
  merges: true,
  timeoutMs: 10_000,
  retryMs: CHAT_RETRY_MS,
  request: (notification, { threadId, ...settings }, { n }) =>
    call('sendMessage', { message_thread_id: threadId, ...contentOf(notification, n) }, settings),
  // core.telegram.org/bots/api#editmessagetext
  edit: (settings) => ({
    request: (notification, { providerId, n }) =>
      call('editMessageText', { message_id: Number(providerId), ...contentOf(notification, n) }, settings),
    isLost: ({ status, body }) => status === 400 && LOST.test(String(replyMembers(body)['description'])),
  }),
  outcome(reply, nowMs) {
    const { ok, result, description, parameters } = replyMembers(reply.body);
    const messageId = membersOf(result)['message_id'];
    if (reply.status === 200 && ok === true) {
      return typeof messageId === 'number'
        ? { kind: 'delivered', providerId: String(messageId) }
        : { kind: 'delivered' };
    }
    if (reply.status === 200) return { kind: 'maybe', reason: 'serverError' };
    if (reply.status === 400 && UNCHANGED.test(String(description))) return { kind: 'delivered' };
    // Blocked by the user, kicked from the group (github.com/TelegramBotAPI/errors, forbidden-*).
    if (reply.status === 403) return { kind: 'gone', reason: 'authError' };
    if (reply.status === 400 && String(description).includes("can't parse entities")) {
      return { kind: 'retry', reason: 'clientError' };
    }
    // 400 with migrate_to_chat_id: the group has another id now, which its owner must write into the
    // destination; the message stays replayable.
    return withHint(outcomeOf(reply, nowMs), secondsHint(membersOf(parameters)['retry_after'], nowMs));
  },
  // Telegram does not say what was exceeded; a bot that keeps to its 30 a second meets the limits of its chats.
  rateHint: (_, { chatId }) => ({ scope: chatId.startsWith('-') ? 'group' : 'chat' }),
});

interface Bot {
  readonly token: string;
  readonly chatId: string;
  readonly apiUrl?: string | undefined;
}

function call(
  method: string,
  content: object,
  { token, chatId, apiUrl = 'https://api.telegram.org' }: Bot,
): HttpRequest {
  return {
    transport: 'http',
    method: 'POST',
    url: `${apiUrl.replace(/\/$/, '')}/bot${token}/${method}`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ chat_id: chatId, ...content, link_preview_options: { is_disabled: true } }),
  };
}

/** Should Telegram ever fail to parse our entities, the next attempt has none. */
function contentOf(notification: Notification, n: number): object {
  return n === 1 ? { text: htmlOf(notification), parse_mode: 'HTML' } : { text: plainOf(notification) };
}

/** Title and footer first; the text gets what room they leave. */
function htmlOf(notification: Notification): string {
  const links = [
    htmlLink(notification.links?.acknowledge, LINK_WORDS.acknowledge),
    htmlLink(linkOf(notification), 'Open'),
  ];
  const head = `<b>${truncate(escapeTelegram(headlineOf(notification)), MAX_TITLE)}</b>`;
  const footer = `<i>${truncate(escapeTelegram(footerOf(notification)), MAX_FOOTER)}</i>`;
  const foot = [...links, footer].filter(Boolean).join(' · ');
  const room = MAX_MESSAGE - head.length - foot.length - 2 * GAP.length;
  return [head, truncate(escapeTelegram(notification.text), room), foot].filter(Boolean).join(GAP);
}

function htmlLink(url: string | undefined, word: string): string {
  const href = escapeHtml(url ?? '');
  return href && href.length <= MAX_LINK ? `<a href="${href}">${word}</a>` : '';
}

function plainOf(notification: Notification): string {
  return truncate(clean(`${headlineOf(notification)}${GAP}${notification.text}`), MAX_MESSAGE);
}
