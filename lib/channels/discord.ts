import { type HttpRequest, defineChannel } from '../channel.ts';
import { clean, escapeDiscord } from '../core/escape.ts';
import { LINK_WORDS, footerOf, headlineOf, linkOf, lookOf } from '../core/look.ts';
import type { Notification } from '../core/notification.ts';
import { outcomeOf } from '../core/outcome.ts';
import { bucketRate } from '../core/rate-headers.ts';
import { replyMembers, secondsHint, withHint } from '../core/reply-body.ts';
import { CHAT_RETRY_MS } from '../core/retry-schedule.ts';
import { truncate } from '../core/text.ts';

/** docs.discord.com/developers/resources/message, Embed Limits; together they stay below 6,000 in total. */
const MAX_TITLE = 256;
const MAX_DESCRIPTION = 4_096;
const MAX_FOOTER = 512;

/** docs.discord.com/developers/topics/opcodes-and-status-codes, JSON error codes. */
const UNKNOWN_MESSAGE = 10_008;

const WEBHOOK_PATH = /\/api\/(?:v\d+\/)?(webhooks\/[^/]+\/[^/]+)\/?$/;

export const discord = defineChannel({
  name: 'discord',
  title: 'Discord',
  fields: {
    webhookUrl: {
      kind: 'url',
      about: 'URL of a webhook of the channel; ?thread_id= posts to a thread.',
      secret: true,
      hosts: ['discord.com', 'discordapp.com'],
      pathPrefix: '/api/',
      local: (twinUrl, name) => `${twinUrl}/discord/api/webhooks/1000/${encodeURIComponent(name)}`,
    },
  },
  payload: 'text',
  textBudget: { max: MAX_DESCRIPTION, unit: 'utf16' },
  // Seen in the X-RateLimit headers of every webhook, promised nowhere (discord/discord-api-docs#1454;
  // birdie0.github.io/discord-webhooks-guide/other/rate_limits.html). A 429 corrects it.
  rate: { limit: 5, perMs: 2_000 },
  merges: true,
  timeoutMs: 10_000,
  retryMs: CHAT_RETRY_MS,
  check({ webhookUrl }) {
    const path = typeof webhookUrl === 'string' ? URL.parse(webhookUrl)?.pathname : undefined;
    if (path === undefined || WEBHOOK_PATH.test(path)) return [];
    return [{ field: 'webhookUrl', message: 'must look like https://discord.com/api/webhooks/ID/TOKEN' }];
  },
  request(notification, { webhookUrl }) {
    // Without wait=true Discord does not say whether the message was saved; unversioned paths give
    // retry_after in milliseconds (docs.discord.com/developers/resources/webhook, Execute Webhook).
    const url = apiUrl(webhookUrl);
    url.searchParams.set('wait', 'true');
    return messageTo('POST', url, notification);
  },
  // Edit Webhook Message, of the same page. Of a message in a thread `thread_id` must be given, as it is in the URL.
  edit: ({ webhookUrl }) => ({
    request(notification, { providerId }) {
      const url = apiUrl(webhookUrl);
      url.pathname += `/messages/${encodeURIComponent(providerId)}`;
      return messageTo('PATCH', url, notification);
    },
    isLost: ({ status, body }) => status === 404 && replyMembers(body)['code'] === UNKNOWN_MESSAGE,
  }),
  outcome(reply, nowMs) {
    const { id, retry_after: retryAfter } = replyMembers(reply.body);
    if (reply.status === 200 && typeof id === 'string') return { kind: 'delivered', providerId: id };
    // The webhook was deleted (10015). 401 and 403 count towards a ban of our address: never repeated.
    if (reply.status === 404) return { kind: 'gone', reason: 'clientError' };
    return withHint(outcomeOf(reply, nowMs), secondsHint(retryAfter, nowMs));
  },
  rateHint({ headers }) {
    const rate = bucketRate(headers);
    return rate ? { rate } : {};
  },
});

function apiUrl(webhookUrl: string): URL {
  const url = new URL(webhookUrl);
  url.pathname = url.pathname.replace(WEBHOOK_PATH, '/api/v10/$1');
  return url;
}

function messageTo(method: 'POST' | 'PATCH', url: URL, notification: Notification): HttpRequest {
  const embed = {
    title: truncate(escapeDiscord(headlineOf(notification)), MAX_TITLE),
    description: descriptionOf(notification),
    url: linkOf(notification),
    color: Number.parseInt(lookOf(notification).color.slice(1), 16),
    footer: { text: truncate(clean(footerOf(notification)), MAX_FOOTER) },
    timestamp: notification.time,
  };
  return {
    transport: 'http',
    method,
    url: url.href,
    headers: { 'content-type': 'application/json' },
    // Nobody is mentioned, whatever the text says.
    body: JSON.stringify({ embeds: [embed], allowed_mentions: { parse: [] } }),
  };
}

/** The link first: the text gets what room it leaves. */
function descriptionOf({ text, links }: Notification): string {
  const url = links?.acknowledge;
  const link = url === undefined ? '' : `\n\n[${LINK_WORDS.acknowledge}](${url})`;
  return truncate(escapeDiscord(text), MAX_DESCRIPTION - link.length) + link;
}
