import type { Notification } from '../../lib/core/notification.ts';

/** Settings of a destination as its catalog has them, and the values of its secrets. */
export interface Sample {
  readonly channel: string;
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly secrets: ReadonlyMap<string, string>;
  /** Where its requests may go. */
  readonly origin?: string;
  /** How long a refusal for rate that names no time holds. */
  readonly pauseMs?: number;
}

const SIGNING_SECRET = `whsec_${Buffer.from('a signing secret of 32 bytes....').toString('base64')}`;

export const SAMPLES: readonly Sample[] = [
  {
    channel: 'slack',
    name: 'slack by incoming webhook',
    settings: { webhookUrl: { secret: 'slack-url' } },
    secrets: new Map([
      ['slack-url', 'https://hooks.slack.com/services/T0AAAAAAA/B0BBBBBBB/hiddenhiddenhidden'],
    ]),
    origin: 'https://hooks.slack.com',
  },
  {
    channel: 'slack',
    name: 'slack by bot token',
    settings: { token: { secret: 'slack-token' }, channel: 'C0123456789' },
    secrets: new Map([['slack-token', 'xoxb-1111-2222-hiddenhiddenhidden']]),
    origin: 'https://slack.com',
  },
  {
    channel: 'discord',
    name: 'discord',
    settings: { webhookUrl: { secret: 'discord-url' } },
    secrets: new Map([['discord-url', 'https://discord.com/api/webhooks/123456789/hiddenhiddenhidden']]),
    origin: 'https://discord.com',
  },
  {
    channel: 'telegram',
    name: 'telegram',
    settings: { token: { secret: 'bot' }, chatId: '-1001234567890' },
    secrets: new Map([['bot', '123456789:hiddenhiddenhiddenhiddenhidden']]),
    origin: 'https://api.telegram.org',
  },
  {
    channel: 'line',
    name: 'line',
    settings: { accessToken: { secret: 'line-token' }, to: `C${'0a'.repeat(16)}` },
    secrets: new Map([['line-token', 'hiddenhiddenhidden/+hiddenhiddenhidden=']]),
    origin: 'https://api.line.me',
  },
  {
    channel: 'pagerduty',
    name: 'pagerduty',
    settings: { routingKey: { secret: 'routing' }, region: 'eu' },
    secrets: new Map([['routing', 'hiddenhiddenhiddenhiddenhidden00']]),
    origin: 'https://events.eu.pagerduty.com',
    pauseMs: 120_000,
  },
  {
    channel: 'email',
    name: 'email by ses',
    settings: { via: 'ses', from: 'alerts@example.com', to: 'team@example.com' },
    secrets: new Map(),
  },
  {
    channel: 'email',
    name: 'email by smtp',
    settings: {
      via: 'smtp',
      from: 'alerts@example.com',
      to: 'team@example.com',
      smtpUrl: { secret: 'smtp' },
    },
    secrets: new Map([['smtp', 'smtps://mailer:hiddenhiddenhidden@mail.example.com:465']]),
  },
  {
    channel: 'webhook',
    name: 'webhook',
    settings: {
      url: 'https://example.com/hooks/fanfare',
      secrets: [{ secret: 'signing' }],
      headers: { 'X-Team': 'payments' },
      secretHeaders: [{ secret: 'header' }],
    },
    secrets: new Map([
      ['signing', SIGNING_SECRET],
      ['header', 'Authorization: Bearer hiddenhiddenhidden'],
    ]),
    origin: 'https://example.com',
  },
  {
    channel: 'webhook',
    name: 'webhook with a handshake',
    settings: {
      url: { secret: 'hook-url' },
      secretHeaders: [{ secret: 'header' }],
      handshakeOrigin: 'fanfare.example.com',
    },
    secrets: new Map([
      ['hook-url', 'https://example.com/hooks/hiddenhiddenhidden'],
      ['header', 'Authorization: Bearer hiddenhiddenhidden'],
    ]),
    origin: 'https://example.com',
  },
];

export const NOTIFICATION: Notification = {
  id: 'evt_1',
  topic: 'orders.paid',
  time: '2026-11-21T04:05:06.000Z',
  title: 'Order 17 is paid',
  text: 'Ada paid 12 EUR.\nShip it.',
  severity: 'warning',
  source: 'shop',
  url: 'https://shop.example.com/orders/17?a=1&b=2',
  data: { order: 17, title: 'Order 17 is paid' },
};

export const ATTEMPT = { wireId: 'msg_0123456789abcdef0123456789a', n: 1, atMs: 1_795_233_906_000 } as const;
