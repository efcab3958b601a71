import { describe, expect, test } from 'vitest';
import { checkUrl, parseLocalHosts } from '../../lib/core/url-guard.ts';
import { parseMailUrl } from '../../lib/core/mail-url.ts';
import { BLOCKED_HOSTS, MALFORMED_URLS, WRONG_SCHEMES } from '../fixtures/ssrf-vectors.ts';

const anywhere = { localHosts: [] };
const local = { localHosts: ['127.0.0.1:4101', '[::1]:4101', 'localhost:4101'] };

describe('the URL guard', () => {
  test('has at least 60 vectors to refuse', () => {
    expect(BLOCKED_HOSTS.length + MALFORMED_URLS.length + WRONG_SCHEMES.length).toBeGreaterThanOrEqual(60);
  });

  test.each(BLOCKED_HOSTS)('refuses the host %s as blocked', (host) => {
    expect(checkUrl(`https://${host}/`, anywhere)?.code).toBe('url-blocked');
    expect(checkUrl(`https://${host}:8443/`, anywhere)?.code).toBe('url-blocked');
  });

  test.each(MALFORMED_URLS)('refuses the form of %j', (url) => {
    expect(checkUrl(url, anywhere)?.code).toBe('validation');
  });

  test.each(WRONG_SCHEMES)('refuses the scheme of %s', (url) => {
    expect(checkUrl(url, anywhere)?.code).toBe('url-scheme');
  });

  test.each([
    'https://example.com',
    'https://example.com/a/b?c=d',
    'https://example.com:443/',
    'https://example.com:8443/',
    'HTTPS://EXAMPLE.COM/',
    'https://bücher.example.com/',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'https://example.com/path/@name',
  ])('lets %s through', (url) => {
    expect(checkUrl(url, anywhere)).toBeUndefined();
  });

  test('refuses a URL of more than 2,048 characters', () => {
    const base = 'https://example.com/';
    expect(checkUrl(base.padEnd(2_048, 'a'), anywhere)).toBeUndefined();
    expect(checkUrl(base.padEnd(2_049, 'a'), anywhere)?.code).toBe('validation');
  });

  test('refuses the host of our own API as a loop', () => {
    const rules = { localHosts: [], apiHost: 'api.fanfare.example' };
    expect(checkUrl('https://API.fanfare.example/v1/events', rules)?.code).toBe('loop');
    expect(checkUrl('https://other.fanfare.example/', rules)).toBeUndefined();
  });

  test.each([
    ['https://hooks.slack.com/services/T/B/x', ['hooks.slack.com'], '/services/', undefined],
    ['https://hooks.slack.com/other', ['hooks.slack.com'], '/services/', 'validation'],
    ['https://hooks.slack.com.example.com/services/', ['hooks.slack.com'], '/services/', 'validation'],
    ['https://evil-slack.com/', ['.slack.com'], undefined, 'validation'],
    ['https://slack.com/', ['.slack.com'], undefined, 'validation'],
    ['https://a.slack.com/', ['.slack.com'], undefined, undefined],
    ['https://b.example/', ['a.example', 'b.example'], undefined, undefined],
  ])('judges %s by hosts %j and path %j', (url, hosts, pathPrefix, code) => {
    expect(checkUrl(url, { ...anywhere, hosts, pathPrefix })?.code).toBe(code);
  });

  test.each(['http://127.0.0.1:4101/slack/services/x', 'http://localhost:4101/', 'https://[::1]:4101/'])(
    'lets the local host %s through whatever the channel demands',
    (url) => {
      expect(
        checkUrl(url, { ...local, hosts: ['hooks.slack.com'], pathPrefix: '/services/' }),
      ).toBeUndefined();
      expect(checkUrl(url, anywhere)).toBeDefined();
    },
  );

  test.each([
    'http://127.0.0.1:4102/',
    'http://127.0.0.2:4101/',
    'http://127.0.0.1:41010/',
    'http://a@127.0.0.1:4101/',
  ])('refuses %s, which is not exactly a local host', (url) => {
    expect(checkUrl(url, local)).toBeDefined();
  });

  test('never repeats the URL, which may be a secret', () => {
    const canary = 'CANARY4711';
    const urls = [...MALFORMED_URLS, ...WRONG_SCHEMES, ...BLOCKED_HOSTS.map((host) => `https://${host}/`)];
    for (const url of urls) expect(checkUrl(url + canary, anywhere)?.message ?? '').not.toContain(canary);
  });
});

describe('local hosts', () => {
  test('are read from a list with blanks and capitals', () => {
    expect(parseLocalHosts(' 127.0.0.1:4101, LOCALHOST:1025 ,[::1]:80,')).toEqual([
      '127.0.0.1:4101',
      'localhost:1025',
      '[::1]:80',
    ]);
    expect(parseLocalHosts(undefined)).toEqual([]);
  });

  test.each(['10.0.0.1:80', 'example.com:80', '127.0.0.1', '169.254.169.254:80', '*:80', '0.0.0.0:80'])(
    '%s is not one',
    (text) => {
      expect(() => parseLocalHosts(text)).toThrow('not a loopback host:port');
    },
  );
});

describe('mail URLs', () => {
  test('are read with their login and default port', () => {
    expect(parseMailUrl('smtp://me%40example.com:p%2Fw@mail.example.com', [])).toEqual({
      ok: true,
      server: {
        host: 'mail.example.com',
        port: 587,
        secure: false,
        local: false,
        user: 'me@example.com',
        password: 'p/w',
      },
    });
    expect(parseMailUrl('smtps://mail.example.com/', [])).toMatchObject({
      ok: true,
      server: { port: 465, secure: true },
    });
  });

  test.each(BLOCKED_HOSTS)('do not lead to %s', (host) => {
    expect(parseMailUrl(`smtp://${host}:25`, []).ok).toBe(false);
  });

  test('lead to a local host when it is listed', () => {
    expect(parseMailUrl('smtp://127.0.0.1:1025', ['127.0.0.1:1025'])).toMatchObject({
      ok: true,
      server: { local: true },
    });
    expect(parseMailUrl('smtp://127.0.0.1:1026', ['127.0.0.1:1025']).ok).toBe(false);
  });

  test.each([
    'http://mail.example.com',
    'mail.example.com:25',
    'smtp://',
    'smtp://mail.example.com/path',
    'smtp://a:%zz@mail.example.com',
  ])('%s is none', (text) => {
    expect(parseMailUrl(text, []).ok).toBe(false);
  });
});
