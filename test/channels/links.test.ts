import { describe, expect, test } from 'vitest';
import type { Links } from '../../lib/core/links.ts';
import { registry } from '../../lib/registry.ts';
import { ATTEMPT, NOTIFICATION } from '../conformance/samples.ts';
import { openTarget } from './sample.ts';

const ACK = 'https://api.example.com/v1/links/YX5h.tag';
const STOP = 'https://api.example.com/v1/links/dX5h.tag';
const mail = { from: 'a@example.com', to: 'b@example.com' };

/** The request a channel builds of a message with links, as an object. */
function requestOf(channel: string, settings: object, links?: Links, text = NOTIFICATION.text): unknown {
  const notification = { ...NOTIFICATION, text, ...(links && { links }) };
  const request = openTarget(registry.get(channel)!, settings as Record<string, unknown>).request(
    notification,
    ATTEMPT,
  );
  return request.transport === 'smtp' ? request : JSON.parse(request.body);
}

const SETTINGS: Readonly<Record<string, object>> = {
  slack: { webhookUrl: 'https://hooks.slack.com/services/T/B/x' },
  discord: { webhookUrl: 'https://discord.com/api/webhooks/1/x' },
  telegram: { token: '1:abc', chatId: '7' },
  line: { accessToken: 'abcd', to: `U${'0a'.repeat(16)}` },
  pagerduty: { routingKey: 'x'.repeat(32) },
  webhook: { url: 'https://example.com/' },
  email: { ...mail, via: 'ses' },
};

describe('the link to acknowledge', () => {
  test.each<[string, string, unknown]>([
    [
      'slack',
      'blocks.2.elements.0.text',
      expect.stringMatching(
        /^<https:\/\/api\.example\.com\/v1\/links\/YX5h\.tag\|Acknowledge> · <[^>]+\|Open> · /,
      ),
    ],
    [
      'discord',
      'embeds.0.description',
      expect.stringMatching(/\n\n\[Acknowledge\]\(https:\/\/api\.example\.com\/v1\/links\/YX5h\.tag\)$/),
    ],
    ['telegram', 'text', expect.stringContaining(`\n\n<a href="${ACK}">Acknowledge</a> · <a href=`)],
    ['line', 'messages.0.text', expect.stringContaining(`\n\nAcknowledge: ${ACK}\nhttps://shop`)],
    [
      'pagerduty',
      'links',
      [expect.objectContaining({ text: 'Open' }), { href: ACK, text: 'Acknowledge in Fanfare' }],
    ],
    ['webhook', 'links', { acknowledge: ACK }],
    [
      'email',
      'Content.Simple.Body.Text.Data',
      expect.stringContaining(`\n\nAcknowledge: ${ACK}\n\nhttps://shop`),
    ],
    [
      'email',
      'Content.Simple.Body.Html.Data',
      expect.stringContaining(`<p><a href="${ACK}">Acknowledge</a></p>`),
    ],
  ])('is shown by %s in %s', (channel, path, expected) => {
    const settings = SETTINGS[channel]!;
    const [message, plain] = [
      requestOf(channel, settings, { acknowledge: ACK }),
      requestOf(channel, settings),
    ];
    expect(at(message, path)).toEqual(expected);
    expect(JSON.stringify(plain)).not.toMatch(/acknowledge/i);
  });

  test('keeps its place however long the text is', () => {
    for (const channel of ['slack', 'discord', 'telegram', 'line', 'email'])
      expect(
        JSON.stringify(requestOf(channel, SETTINGS[channel]!, { acknowledge: ACK }, 'x'.repeat(60_000))),
      ).toContain(ACK);
  });
});

describe('the link to unsubscribe', () => {
  const headers = { 'List-Unsubscribe': `<${STOP}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' };
  const bySmtp = { ...mail, via: 'smtp', smtpUrl: 'smtp://mail.example.com' };

  test('stands in the headers of a mail and at its end', () => {
    expect(requestOf('email', bySmtp, { unsubscribe: STOP })).toMatchObject({
      headers,
      text: expect.stringMatching(
        /\n-- \n.*\nUnsubscribe: https:\/\/api\.example\.com\/v1\/links\/dX5h\.tag$/,
      ),
      html: expect.stringContaining(` · <a href="${STOP}">Unsubscribe</a></p>`),
    });
    expect(
      at(requestOf('email', SETTINGS['email']!, { unsubscribe: STOP }), 'Content.Simple.Headers'),
    ).toEqual(Object.entries(headers).map(([Name, Value]) => ({ Name, Value })));
  });

  test.each([
    ['there is none', undefined],
    ['it is too long for one', { unsubscribe: `https://api.example.com/${'x'.repeat(870)}` }],
  ])('stands in no header when %s', (_, links) => {
    expect(requestOf('email', bySmtp, links)).not.toHaveProperty('headers');
    expect(at(requestOf('email', SETTINGS['email']!, links), 'Content.Simple')).not.toHaveProperty('Headers');
  });

  test('is shown by no chat, which its place belongs to', () => {
    for (const channel of ['slack', 'discord', 'telegram', 'line', 'pagerduty'])
      expect(JSON.stringify(requestOf(channel, SETTINGS[channel]!, { unsubscribe: STOP }))).not.toContain(
        STOP,
      );
  });
});

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => Reflect.get(inner as object, name), value);
}
