import { defineChannel } from '../channel.ts';
import { escapeSlack, escapeSlackWithLinks } from '../core/escape.ts';
import { footerOf, headlineOf, linkOf } from '../core/look.ts';
import type { Notification } from '../core/notification.ts';
import { type Outcome, outcomeOf } from '../core/outcome.ts';
import { replyMembers, secondsHint, withHint } from '../core/reply-body.ts';
import { CHAT_RETRY_MS } from '../core/retry-schedule.ts';
import { split, truncate } from '../core/text.ts';

/** docs.slack.dev/reference/block-kit: header block 150, text object 3,000. */
const MAX_HEADER = 150;
const MAX_SECTION = 3_000;
/** All blocks together may hold about 13,200 characters (slackapi/bolt-js#2509). */
const MAX_TEXT = 10_000;
const MAX_LINK = 2_000;
const MAX_FOOTER = 900;

/**
 * `error` of a reply with `ok: false` (docs.slack.dev/reference/methods/chat.postMessage, errors). What is not
 * listed is our mistake and rejected.
 */
const ERRORS: Readonly<Record<string, Outcome>> = {
  ratelimited: { kind: 'retry', reason: 'rateLimited' },
  rate_limited: { kind: 'retry', reason: 'rateLimited' },
  service_unavailable: { kind: 'maybe', reason: 'serverError' },
  internal_error: { kind: 'maybe', reason: 'serverError' },
  fatal_error: { kind: 'maybe', reason: 'serverError' },
  request_timeout: { kind: 'maybe', reason: 'timeout' },
  channel_not_found: { kind: 'gone', reason: 'clientError' },
  is_archived: { kind: 'gone', reason: 'clientError' },
  account_inactive: { kind: 'gone', reason: 'authError' },
  token_revoked: { kind: 'gone', reason: 'authError' },
  invalid_auth: { kind: 'reject', reason: 'authError' },
  not_authed: { kind: 'reject', reason: 'authError' },
  token_expired: { kind: 'reject', reason: 'authError' },
  missing_scope: { kind: 'reject', reason: 'authError' },
  msg_too_long: { kind: 'reject', reason: 'tooLarge' },
  msg_blocks_too_long: { kind: 'reject', reason: 'tooLarge' },
};

export const slack = defineChannel({
  name: 'slack',
  title: 'Slack',
  fields: {
    webhookUrl: {
      kind: 'url',
      about: 'URL of an incoming webhook. It alone is enough; without it give token and channel.',
      secret: true,
      optional: true,
      hosts: ['hooks.slack.com'],
      pathPrefix: '/services/',
      local: (twinUrl, name) => `${twinUrl}/slack/services/T000/B000/${encodeURIComponent(name)}`,
    },
    token: {
      kind: 'secret',
      about: 'Bot token with the scope chat:write, for posting to a channel by chat.postMessage.',
      secret: true,
      optional: true,
      pattern: /^xox[a-z]-[A-Za-z0-9-]{3,250}$/,
      local: (_, name) => `xoxb-twin-${name.replaceAll(/[^A-Za-z0-9-]/g, '-')}`,
    },
    channel: {
      kind: 'text',
      about: 'Id or #name of the Slack channel; only with token.',
      optional: true,
      pattern: /^(?:[A-Z0-9]{8,20}|#?[^\s#@&<>]{1,80})$/,
    },
    apiUrl: {
      kind: 'url',
      about: 'Base URL of the Slack API when it is not https://slack.com; only with token.',
      optional: true,
      local: (twinUrl) => `${twinUrl}/slack`,
    },
  },
  payload: 'text',
  textBudget: { max: MAX_TEXT, unit: 'utf16' },
  // docs.slack.dev/apis/web-api/rate-limits: one message a second per webhook, and per channel of a token.
  rate: { limit: 1, perMs: 1_000 },
  timeoutMs: 10_000,
  retryMs: CHAT_RETRY_MS,
  check({ webhookUrl, token, channel }) {
    if (webhookUrl !== undefined && token !== undefined) {
      return [{ field: 'token', message: 'leave it out, or leave webhookUrl out: one of them posts the message' }];
    }
    if (token !== undefined && channel === undefined) {
      return [{ field: 'channel', message: 'is missing: a token needs the channel to post to' }];
    }
    if (webhookUrl === undefined && token === undefined) {
      return [{ field: 'webhookUrl', message: 'is missing: give it, or token and channel' }];
    }
    return [];
  },
  request(notification, { webhookUrl, token, channel, apiUrl = 'https://slack.com' }) {
    const message = { text: fallbackOf(notification), blocks: blocksOf(notification), unfurl_links: false };
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    if (webhookUrl !== undefined) {
      return { transport: 'http', method: 'POST', url: webhookUrl, headers, body: JSON.stringify(message) };
    }
    return {
      transport: 'http',
      method: 'POST',
      url: `${apiUrl.replace(/\/$/, '')}/api/chat.postMessage`,
      headers: { ...headers, authorization: `Bearer ${token}` },
      body: JSON.stringify({ channel, ...message }),
    };
  },
  outcome(reply, nowMs, { token }) {
    const { ok, error, ts, retry_after: retryAfter } = replyMembers(reply.body);
    if (reply.status === 200 && ok === false) {
      return ERRORS[String(error)] ?? { kind: 'reject', reason: 'clientError' };
    }
    if (reply.status === 200 && typeof ts === 'string') return { kind: 'delivered', providerId: ts };
    // The Web API always says `ok`; what does not is some page on the way.
    if (reply.status === 200 && token !== undefined && ok !== true) return { kind: 'maybe', reason: 'serverError' };
    // A webhook tells by its status that it or its channel has ended (api.slack.com changelog 2016-05-17).
    if (token === undefined && reply.status === 403) return { kind: 'gone', reason: 'authError' };
    if (token === undefined && reply.status === 404) return { kind: 'gone', reason: 'clientError' };
    return withHint(outcomeOf(reply, nowMs), secondsHint(retryAfter, nowMs));
  },
});

/** What a phone shows; blocks take its place in the channel. */
function fallbackOf(notification: Notification): string {
  return truncate(escapeSlack(`${headlineOf(notification)}\n${notification.text}`.trim()), MAX_SECTION);
}

function blocksOf(notification: Notification): object[] {
  const header = truncate(escapeSlack(headlineOf(notification)), MAX_HEADER);
  const sections = split(truncate(escapeSlackWithLinks(notification.text), MAX_TEXT), MAX_SECTION);
  const link = escapeSlack(linkOf(notification)?.replaceAll('|', '%7C') ?? '');
  const footer = truncate(escapeSlack(footerOf(notification)), MAX_FOOTER);
  return [
    { type: 'header', text: { type: 'plain_text', text: header, emoji: true } },
    ...sections.map((text) => ({ type: 'section', text: verbatim(text) })),
    {
      type: 'context',
      elements: [verbatim(link && link.length <= MAX_LINK ? `<${link}|Open> · ${footer}` : footer)],
    },
  ];
}

/** Slack is to read only what we wrote for it, and to guess no names or channels from plain text. */
function verbatim(text: string): object {
  return { type: 'mrkdwn', text, verbatim: true };
}
