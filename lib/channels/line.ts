import { createHash } from 'node:crypto';
import { defineChannel } from '../channel.ts';
import { clean } from '../core/escape.ts';
import { LINK_WORDS, footerOf, headlineOf, linkOf } from '../core/look.ts';
import type { Notification } from '../core/notification.ts';
import { outcomeOf } from '../core/outcome.ts';
import { listOf, membersOf, replyMembers } from '../core/reply-body.ts';
import { CHAT_RETRY_MS } from '../core/retry-schedule.ts';
import { truncate } from '../core/text.ts';

/** developers.line.biz/en/reference/messaging-api/#text-message; counted as docs/messaging-api/text-character-count says. */
const MAX_TEXT = 5_000;
const MAX_TITLE = 512;
const MAX_FOOTER = 384;
const GAP = '\n\n';

const HOUR_MS = 3_600_000;
/** docs/messaging-api/retrying-api-request: "valid for 24 hours after the first request". */
const KEY_MS = 24 * HOUR_MS;
/** A choice: the quota comes back with the next month, or when somebody buys more. */
const QUOTA_WAIT_MS = HOUR_MS;

export const line = defineChannel({
  name: 'line',
  title: 'LINE',
  fields: {
    accessToken: {
      kind: 'secret',
      about: 'Channel access token of the Messaging API.',
      secret: true,
      pattern: /^[A-Za-z0-9+/=._~-]{4,4000}$/,
      local: (_, name) => `${name.replaceAll(/[^A-Za-z0-9._~-]/g, '-')}-of-the-twin`,
    },
    to: {
      kind: 'text',
      about:
        'Who gets it: the id of a user (U...), a group (C...) or a room (R...), as its webhook events say it.',
      pattern: /^[UCR][0-9a-f]{32}$/,
    },
    apiUrl: {
      kind: 'url',
      about: 'Base URL of the API, when a proxy of your own stands before https://api.line.me.',
      optional: true,
      local: (twinUrl) => `${twinUrl}/line`,
    },
  },
  payload: 'text',
  textBudget: { max: MAX_TEXT, unit: 'utf16' },
  // Reference, Rate limits: per endpoint and channel, which is what a token belongs to.
  scopes: [{ name: 'bot', key: ({ accessToken }) => accessToken, limit: 2_000, perMs: 1_000, shared: true }],
  timeoutMs: 10_000,
  retryMs: CHAT_RETRY_MS,
  providerKey: { header: 'x-line-retry-key', knownMs: KEY_MS },
  request(notification, { accessToken, to, apiUrl = 'https://api.line.me' }, { wireId }) {
    return {
      transport: 'http',
      method: 'POST',
      url: `${apiUrl.replace(/\/$/, '')}/v2/bot/message/push`,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${accessToken}`,
        'x-line-retry-key': retryKeyOf(wireId, to),
      },
      body: JSON.stringify({ to, messages: [{ type: 'text', text: textOf(notification) }] }),
    };
  },
  outcome(reply, nowMs) {
    const { sentMessages, message } = replyMembers(reply.body);
    // 409: an earlier attempt was accepted under this retry key; the reply names the message it became.
    if (reply.status === 200 || reply.status === 409) {
      const { id } = membersOf(listOf(sentMessages)[0]);
      return typeof id === 'string' ? { kind: 'delivered', providerId: id } : { kind: 'delivered' };
    }
    if (reply.status === 429 && String(message).includes('monthly limit'))
      return { kind: 'retry', reason: 'rateLimited', afterMs: QUOTA_WAIT_MS };
    return outcomeOf(reply, nowMs);
  },
  // Rate and quota are both of the bot: one refusal holds all its destinations.
  rateHint: () => ({ scope: 'bot' }),
});

/**
 * A UUID of our own making (RFC 9562, version 8), stable over retries. The recipient is part of it: a retry to
 * another one "may not work as expected" under the same key.
 */
function retryKeyOf(wireId: string, to: string): string {
  const hex = createHash('sha256').update(`${wireId}\n${to}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** Plain text: LINE gives meaning to nothing in it. The text gets what room the rest leaves. */
function textOf(notification: Notification): string {
  const head = truncate(clean(headlineOf(notification)), MAX_TITLE);
  const footer = truncate(clean(footerOf(notification)), MAX_FOOTER);
  const acknowledge = notification.links?.acknowledge;
  const answer = acknowledge && `${LINK_WORDS.acknowledge}: ${acknowledge}`;
  const foot = [answer, linkOf(notification), footer].filter(Boolean).join('\n');
  const room = MAX_TEXT - head.length - foot.length - 2 * GAP.length;
  return [head, truncate(clean(notification.text).trim(), room), foot].filter(Boolean).join(GAP);
}
