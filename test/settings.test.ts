import { describe, expect, test } from 'vitest';
import type { Channel } from '../lib/channel.ts';
import { registry } from '../lib/registry.ts';
import { checkSettings, normalizeSettings, resolveSettings } from '../lib/settings.ts';
import { BLOCKED_HOSTS } from './fixtures/ssrf-vectors.ts';

const RULES = { localHosts: [], apiHost: 'api.fanfare.example' };

function channel(name: string): Channel {
  const found = registry.get(name);
  if (!found) throw new Error(`no channel ${name}`);
  return found;
}

const issues = (name: string, settings: Record<string, unknown>) =>
  checkSettings(channel(name), settings, RULES);
const refs = (count: number) => Array.from({ length: count }, (_, index) => ({ secret: `s${index}` }));

describe('settings of a webhook', () => {
  const url = 'https://example.com/hook';

  test.each([
    ['http://example.com/', 'url-scheme'],
    ['ftp://example.com/', 'url-scheme'],
    ['file:///etc/passwd', 'url-scheme'],
    ['javascript:alert(1)', 'url-scheme'],
    ['https://user:pw@example.com/', 'validation'],
    ['https://example.com/#x', 'validation'],
    ['https://example.com:8080/', 'validation'],
    [`https://example.com/${'a'.repeat(2_048)}`, 'validation'],
    ['https://169.254.169.254/latest/meta-data', 'url-blocked'],
    ['https://[::ffff:127.0.0.1]/', 'url-blocked'],
    ['https://api.fanfare.example/v1/events', 'loop'],
  ])('refuse the URL %s', (value, code) => {
    expect(issues('webhook', { url: value })).toMatchObject([{ field: 'url', code }]);
  });

  test('refuse the URL behind a reference as well', () => {
    const secrets = new Map([['u', 'https://10.0.0.1/hidden']]);
    const resolved = resolveSettings(channel('webhook'), { url: { secret: 'u' } }, secrets, RULES);
    expect(resolved).toMatchObject({ ok: false, issues: [{ field: 'url', code: 'url-blocked' }] });
    expect(JSON.stringify(resolved)).not.toContain('hidden');
  });

  test.each([
    ['host', 'x'],
    ['Content-Length', '1'],
    ['transfer-encoding', 'chunked'],
    ['connection', 'close'],
    ['content-type', 'text/plain'],
    ['Webhook-Id', 'x'],
    ['authorization', 'Bearer x'],
    ['x-a', 'a\r\nb: c'],
    ['x-a', 'a\0b'],
    ['x-a', '€'],
    ['x-a', ''],
    ['x-a', 'a'.repeat(4_097)],
    ['x a', 'b'],
    ['x-a', 7],
  ])('refuse the header %s: %j', (name, value) => {
    expect(issues('webhook', { url, headers: { [name]: value } })).toMatchObject([
      { field: 'headers', code: 'header' },
    ]);
  });

  test('refuse 21 headers, and one name in two spellings', () => {
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`x-${index}`, 'v']));
    expect(issues('webhook', { url, headers: many })).toMatchObject([{ code: 'header' }]);
    expect(issues('webhook', { url, headers: { 'x-a': '1', 'X-A': '2' } })).toMatchObject([
      { code: 'header' },
    ]);
  });

  test.each(['Host: x', 'no colon', ': x', 'x-a:', 'x-a: b\u20ac', 'webhook-signature: v1,x'])(
    'refuse the secret header %j without repeating it',
    (line) => {
      const settings = { url, secretHeaders: [{ secret: 'h' }] };
      const resolved = resolveSettings(channel('webhook'), settings, new Map([['h', line]]), RULES);
      expect(resolved).toMatchObject({ ok: false, issues: [{ field: 'secretHeaders', code: 'header' }] });
    },
  );

  test('take one to ten signing secrets, also a single reference', () => {
    expect(issues('webhook', { url, secrets: { secret: 's' } })).toEqual([]);
    expect(issues('webhook', { url, secrets: refs(10) })).toEqual([]);
    expect(issues('webhook', { url, secrets: refs(11) })).toMatchObject([
      { field: 'secrets', code: 'too-many-secrets' },
    ]);
    expect(issues('webhook', { url, secrets: [] })).toMatchObject([{ field: 'secrets' }]);
  });

  test('refuse a signing secret that cannot sign', () => {
    const settings = { url, secrets: [{ secret: 's' }] };
    const resolved = resolveSettings(channel('webhook'), settings, new Map([['s', 'whsec_c2hvcnQ=']]), RULES);
    expect(resolved).toMatchObject({ ok: false, issues: [{ field: 'secrets' }] });
    expect(JSON.stringify(resolved)).not.toContain('c2hvcnQ');
  });
});

function resolve(name: string, field: string, value: string) {
  return resolveSettings(channel(name), { [field]: { secret: 'x' } }, new Map([['x', value]]), RULES);
}

describe('settings of the chats', () => {
  test.each([
    ['slack', 'webhookUrl', 'https://hooks.slack.com.evil.example/services/T/B/x'],
    ['slack', 'webhookUrl', 'https://example.com/services/T/B/x'],
    ['slack', 'webhookUrl', 'https://hooks.slack.com/other'],
    ['discord', 'webhookUrl', 'https://example.com/api/webhooks/1/x'],
    ['discord', 'webhookUrl', 'https://discord.com/channels/1/2'],
    ['discord', 'webhookUrl', 'https://discord.com/api/webhooks/1'],
  ])('refuse for %s in %s %s', (name, field, value) => {
    expect(resolve(name, field, value)).toMatchObject({ ok: false, issues: [{ field }] });
  });

  test.each([
    'https://discord.com/api/webhooks/1/x',
    'https://discordapp.com/api/v9/webhooks/1/x?thread_id=7',
  ])('take %s', (value) => {
    expect(resolve('discord', 'webhookUrl', value).ok).toBe(true);
  });

  test.each(['abc', '0', '--1', '1 2', '@a b', '@1abcd', '1.5', '12345678901234567890123'])(
    'refuse the chat id %s',
    (chatId) => {
      expect(issues('telegram', { token: { secret: 'x' }, chatId })).toMatchObject([{ field: 'chatId' }]);
    },
  );

  test('take a chat id that YAML read as a number, and a token with a line break behind it', () => {
    const settings = { token: { secret: 'x' }, chatId: -1_001_234_567_890 };
    const resolved = resolveSettings(channel('telegram'), settings, new Map([['x', '1:abcdefgh\n']]), RULES);
    expect(resolved).toEqual({ ok: true, settings: { token: '1:abcdefgh', chatId: '-1001234567890' } });
  });

  test.each([
    [{}, 'webhookUrl'],
    [{ token: { secret: 'x' } }, 'channel'],
    [{ token: { secret: 'x' }, channel: 'C01234567', webhookUrl: { secret: 'y' } }, 'token'],
  ])('ask Slack for one complete way to post: %j', (settings, field) => {
    expect(issues('slack', settings)).toMatchObject([{ field }]);
  });

  test('refuse a secret in plain text and a reference where there is nothing to hide', () => {
    expect(issues('slack', { webhookUrl: 'https://hooks.slack.com/services/T/B/x' })).toMatchObject([
      { field: 'webhookUrl' },
    ]);
    expect(issues('telegram', { token: { secret: 'x' }, chatId: { secret: 'y' } })).toMatchObject([
      { field: 'chatId' },
    ]);
  });
});

describe('settings of e-mail', () => {
  const base = { via: 'ses', from: 'a@example.com' };

  test.each([
    'a@example.com\r\nBcc: b@example.com',
    'a@example.com, b@example.com',
    'a@example.com b@example.com',
    'Team <a@example.com>',
    'a@b@example.com',
    '@example.com',
    'a@',
    'a@localhost',
    'a@127.0.0.1',
    'a@[127.0.0.1]',
    'a@example.com/path',
    'a..b@example.com',
    `a@${'b'.repeat(250)}.com`,
    `${'a'.repeat(65)}@example.com`,
    `a@${'abcdefg.'.repeat(32)}com`,
  ])('refuse the address %j', (to) => {
    expect(issues('email', { ...base, to })).toMatchObject([{ field: 'to' }]);
  });

  test.each(['a@example.com', 'first.last+tag@sub.example.co.uk', "o'neil@example.com", 'a@bücher.example'])(
    'take %s',
    (to) => {
      expect(issues('email', { ...base, to })).toEqual([]);
    },
  );

  test('show the domain of a look-alike in punycode', () => {
    const settings = { ...base, to: 'a@аpple.example' };
    expect(normalizeSettings(channel('email'), settings)).toEqual({ ...base, to: 'a@xn--pple-43d.example' });
  });

  test.each([
    [{ ...base, to: 'b@example.com', via: 'smtp' }, 'smtpUrl'],
    [{ ...base, to: 'b@example.com', smtpUrl: { secret: 'x' } }, 'smtpUrl'],
    [{ ...base, to: 'b@example.com', via: 'smtp', smtpUrl: { secret: 'x' }, region: 'eu-west-1' }, 'region'],
    [{ ...base, to: 'b@example.com', via: 'pigeon' }, 'via'],
    [{ ...base, to: 'b@example.com', perSecond: 0 }, 'perSecond'],
    [{ ...base, to: 'b@example.com', region: 'moon' }, 'region'],
  ])('check the way to send: %j', (settings, field) => {
    expect(issues('email', settings)).toMatchObject([{ field }]);
  });
});

describe('settings on a local stack', () => {
  const twinUrl = 'http://127.0.0.1:4101';
  const rules = { localHosts: ['127.0.0.1:4101'] };
  const settings = { token: { secret: 'ops-bot' }, chatId: '1' };

  test('lead to the twin when the token was made up', () => {
    const local = channel('telegram').fields['token']?.local?.(twinUrl, 'ops-bot') ?? '';
    const resolved = resolveSettings(channel('telegram'), settings, new Map([['ops-bot', local]]), rules);
    expect(resolved).toMatchObject({ ok: true, settings: { apiUrl: 'http://127.0.0.1:4101/telegram' } });
  });

  test('lead to the provider when the token is real, and where the catalog says so', () => {
    const real = new Map([['ops-bot', '123:realrealreal']]);
    expect(resolveSettings(channel('telegram'), settings, real, rules)).toEqual({
      ok: true,
      settings: { token: '123:realrealreal', chatId: '1' },
    });
    const own = { ...settings, apiUrl: 'https://bots.example.com' };
    expect(resolveSettings(channel('telegram'), own, real, rules)).toMatchObject({
      settings: { apiUrl: own.apiUrl },
    });
  });

  test('take a local host and no other', () => {
    const [twin, other] = [4101, 4102].map((port) => ({ url: `http://127.0.0.1:${port}/webhook/a` }));
    expect(checkSettings(channel('webhook'), twin ?? {}, rules)).toEqual([]);
    expect(checkSettings(channel('webhook'), other ?? {}, rules)).toMatchObject([{ code: 'url-scheme' }]);
  });
});

test.each(BLOCKED_HOSTS)('a webhook may not go to %s', (host) => {
  expect(issues('webhook', { url: `https://${host}/` })).toMatchObject([
    { field: 'url', code: 'url-blocked' },
  ]);
});
