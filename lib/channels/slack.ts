import { type HttpRequest, defineChannel } from '../channel.ts';
import { type Outcome, outcomeOf } from '../core/outcome.ts';
import { replyMembers, secondsHint, withHint } from '../core/reply-body.ts';
import { CHAT_RETRY_MS } from '../core/retry-schedule.ts';
import { MAX_SLACK_TEXT, slackMessage } from '../core/slack-message.ts';

/**
 * `error` of a reply with `ok: false` (docs.slack.dev/reference/methods/chat.postMessage, errors). What is not
 * listed is our mistake and rejected.
 */
const ERRORS: ReadonlyMap<unknown, Outcome> = new Map([
  ['ratelimited', { kind: 'retry', reason: 'rateLimited' }],
  ['rate_limited', { kind: 'retry', reason: 'rateLimited' }],
  ['service_unavailable', { kind: 'maybe', reason: 'serverError' }],
  ['internal_error', { kind: 'maybe', reason: 'serverError' }],
  ['fatal_error', { kind: 'maybe', reason: 'serverError' }],
  ['request_timeout', { kind: 'maybe', reason: 'timeout' }],
  ['channel_not_found', { kind: 'gone', reason: 'clientError' }],
  ['is_archived', { kind: 'gone', reason: 'clientError' }],
  ['account_inactive', { kind: 'gone', reason: 'authError' }],
  ['token_revoked', { kind: 'gone', reason: 'authError' }],
  ['invalid_auth', { kind: 'reject', reason: 'authError' }],
  ['not_authed', { kind: 'reject', reason: 'authError' }],
  ['token_expired', { kind: 'reject', reason: 'authError' }],
  ['missing_scope', { kind: 'reject', reason: 'authError' }],
  ['msg_too_long', { kind: 'reject', reason: 'tooLarge' }],
  ['msg_blocks_too_long', { kind: 'reject', reason: 'tooLarge' }],
]);

/**
 * Errors of chat.update after which a new message is sent (docs.slack.dev/reference/methods/chat.update, errors): it was
 * deleted, is too old for the workspace, is another's, or its channel has ended. Whether ours has, the new one shows.
 */
const LOST: ReadonlySet<unknown> = new Set([
  'message_not_found',
  'edit_window_closed',
  'cant_update_message',
  'channel_not_found',
  'is_archived',
  'is_inactive',
]);

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
  textBudget: { max: MAX_SLACK_TEXT, unit: 'utf16' },
  // docs.slack.dev/apis/web-api/rate-limits: one message a second per webhook, and per channel of a token.
  rate: { limit: 1, perMs: 1_000 },
  merges: true,
  timeoutMs: 10_000,
  retryMs: CHAT_RETRY_MS,
  check({ webhookUrl, token, channel }) {
    if (webhookUrl !== undefined && token !== undefined) {
      return [
        { field: 'token', message: 'leave it out, or leave webhookUrl out: one of them posts the message' },
      ];
    }
    if (token !== undefined && channel === undefined) {
      return [{ field: 'channel', message: 'is missing: a token needs the channel to post to' }];
    }
    if (webhookUrl === undefined && token === undefined) {
      return [{ field: 'webhookUrl', message: 'is missing: give it, or token and channel' }];
    }
    return [];
  },
  request(notification, { webhookUrl, token, channel, apiUrl }) {
    const message = slackMessage(notification);
    if (webhookUrl !== undefined) {
      const body = JSON.stringify(message);
      return { transport: 'http', method: 'POST', url: webhookUrl, headers: HEADERS, body };
    }
    return call('chat.postMessage', { channel, ...message }, { token, apiUrl });
  },
  // Tier 3, 50 a minute and more: a channel that changes every second meets a 429.
  edit: ({ token, channel: given, apiUrl }) =>
    token === undefined
      ? undefined
      : {
          request(notification, { providerId }) {
            const [ts, channel = given] = providerId.split(':').toReversed();
            const { text, blocks } = slackMessage(notification);
            return call('chat.update', { channel, ts, text, blocks }, { token, apiUrl });
          },
          isLost: ({ status, body }) => status === 200 && LOST.has(replyMembers(body)['error']),
        },
  outcome(reply, nowMs, { token }) {
    const { ok, error, channel, ts, retry_after: retryAfter } = replyMembers(reply.body);
    if (reply.status === 200 && ok === false) {
      return ERRORS.get(error) ?? { kind: 'reject', reason: 'clientError' };
    }
    if (reply.status === 200 && typeof ts === 'string') {
      // A change names the channel by its id, which our settings may not have.
      return { kind: 'delivered', providerId: typeof channel === 'string' ? `${channel}:${ts}` : ts };
    }
    // The Web API always says `ok`; what does not is some page on the way.
    if (reply.status === 200 && token !== undefined && ok !== true)
      return { kind: 'maybe', reason: 'serverError' };
    // A webhook tells by its status that it or its channel has ended (api.slack.com changelog 2016-05-17).
    if (token === undefined && reply.status === 403) return { kind: 'gone', reason: 'authError' };
    if (token === undefined && reply.status === 404) return { kind: 'gone', reason: 'clientError' };
    return withHint(outcomeOf(reply, nowMs), secondsHint(retryAfter, nowMs));
  },
});

const HEADERS = { 'content-type': 'application/json; charset=utf-8' };

/** A call of the Web API. */
function call(
  method: string,
  body: object,
  {
    token,
    apiUrl = 'https://slack.com',
  }: { readonly token?: string | undefined; readonly apiUrl?: string | undefined },
): HttpRequest {
  return {
    transport: 'http',
    method: 'POST',
    url: `${apiUrl.replace(/\/$/, '')}/api/${method}`,
    headers: { ...HEADERS, authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  };
}
