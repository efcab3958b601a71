import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Channel, OutboundRequest, Target } from '../../lib/channel.ts';
import * as barrel from '../../lib/channels/index.ts';
import type { Notification } from '../../lib/core/notification.ts';
import type { Outcome } from '../../lib/core/outcome.ts';
import { channelNames, registry } from '../../lib/registry.ts';
import { checkSettings, resolveSettings } from '../../lib/settings.ts';
import { effectsOf, sizesOf } from './judges.ts';
import { ATTEMPT, NOTIFICATION, SAMPLES, type Sample } from './samples.ts';

/** Texts tried on each channel; more of them: `FANFARE_FUZZ=10000`. */
const RUNS = Number(process.env['FANFARE_FUZZ'] ?? 150);
const LONG = { timeout: 20_000 + RUNS * 40 };
const RULES = { localHosts: [], apiHost: 'api.fanfare.example' };
const NOW = Date.parse('2026-11-21T04:05:06Z');
const STATUSES = Array.from({ length: 500 }, (_, index) => index + 100);

/** What texts are made of: plain, escaped by somebody, counted in different ways, broken, cut apart. */
const UNITS = [
  'a',
  '&',
  '<',
  '"',
  '\\',
  '_',
  '\n',
  ' ',
  '€',
  '👍',
  '👩‍👩‍👧',
  '\ud800',
  '\udfff',
  'e\u0301',
  'https://x.example/ ',
];
const BODIES = [
  '',
  'ok',
  '[]',
  'null',
  '{"ok":',
  '{"ok":true}',
  '{"retry_after":"soon","parameters":7}',
  '\0',
];

function channelOf({ channel }: Sample): Channel {
  const found = registry.get(channel);
  if (!found) throw new Error(`no channel ${channel}`);
  return found;
}

function open(sample: Sample): Target {
  const resolved = resolveSettings(channelOf(sample), sample.settings, sample.secrets, RULES);
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.issues));
  return channelOf(sample).open(resolved.settings, { tenant: 't', destination: 'd' });
}

/** Everything in a request that people or their programs will read. */
function contentOf(request: OutboundRequest): string {
  return request.transport === 'smtp'
    ? JSON.stringify([request.subject, request.text, request.html])
    : // PagerDuty takes its key in the body.
      request.body.replace(/"routing_key":"[^"]*"/, '');
}

describe('the registry', () => {
  test('holds every file of lib/channels under the name of the file', () => {
    const folder = join(import.meta.dirname, '../../lib/channels');
    const files = readdirSync(folder).filter((file) => file !== 'index.ts');
    expect([...channelNames].toSorted()).toEqual(files.map((file) => file.replace('.ts', '')).toSorted());
    expect(Object.keys(barrel).toSorted()).toEqual([...channelNames].toSorted());
    for (const [name, channel] of registry) expect(channel.name).toBe(name);
  });

  test('has a sample for every channel in this suite', () => {
    expect(new Set(SAMPLES.map(({ channel }) => channel))).toEqual(new Set(channelNames));
  });

  test.each([...registry.values()])('says of every field of $name what to write there', ({ fields }) => {
    for (const { about } of Object.values(fields)) expect(about).toMatch(/^[A-Z].*[.\w]$/);
  });

  test.each([...registry.values()])(
    'leads every reference of $name to the twin on a local stack',
    ({ fields }) => {
      const references = Object.values(fields).filter(({ secret, mayBeSecret }) => secret || mayBeSecret);
      for (const { kind, local, pattern = /./ } of references) {
        const value = local?.('http://127.0.0.1:4101', 'team-a', 'smtp://127.0.0.1:2525');
        expect(value).toMatch(kind === 'url' ? /^http:\/\/127\.0\.0\.1:4101\/\w+\/.*\bteam-a$/ : pattern);
      }
    },
  );
});

describe.each(SAMPLES)('$name', (sample) => {
  const channel = channelOf(sample);
  const values = [...sample.secrets.values()];

  test('accepts its sample', () => {
    expect(checkSettings(channel, sample.settings, RULES)).toEqual([]);
    expect(resolveSettings(channel, sample.settings, sample.secrets, RULES).ok).toBe(true);
  });

  test.each(Object.keys(sample.settings))(
    'names %s when it is wrong, empty or of the wrong kind',
    (field) => {
      const kept = channel.fields[field]?.secret ? values : [];
      for (const value of ['', '  ', '\r\n', 'x\0y', null, [], [1], 7.5, { secret: 1 }, ...kept]) {
        const issues = checkSettings(channel, { ...sample.settings, [field]: value }, RULES);
        expect([value, ...issues.map((issue) => issue.field)]).toContain(field);
      }
    },
  );

  test('names what is missing', () => {
    const required = Object.entries(channel.fields).filter(([, field]) => !field.optional);
    const issues = checkSettings(channel, {}, RULES);
    for (const [name] of required) expect(issues.map(({ field }) => field)).toContain(name);
    expect(issues.length).toBeGreaterThan(0);
  });

  test.each(['webhookurl', '__proto__', 'constructor', 'extra'])('names the unknown setting %s', (name) => {
    const settings = JSON.parse(
      JSON.stringify({ ...sample.settings, x: 1 }).replace('"x":', `"${name}":`),
    ) as object;
    expect(checkSettings(channel, { ...sample.settings, ...settings }, RULES).length).toBe(1);
    expect(checkSettings(channel, settings as Record<string, unknown>, RULES)[0]?.field).toBe(name);
  });

  test('names a secret without a value, and no issue repeats a secret', () => {
    for (const [name] of sample.secrets) {
      const left = new Map([...sample.secrets].filter(([key]) => key !== name));
      const resolved = resolveSettings(channel, sample.settings, left, RULES);
      expect(JSON.stringify(resolved)).toContain(`the secret ${name} has no value`);
      const spoilt = new Map(
        [...sample.secrets].map(([key, value]) => [key, key === name ? `hidden ${value}` : value]),
      );
      const refused = resolveSettings(channel, sample.settings, spoilt, RULES);
      expect(refused.ok).toBe(false);
      expect(JSON.stringify(refused)).not.toContain('hidden');
    }
  });

  test('knows its secrets for redaction, and its scopes hold none of them', () => {
    const target = open(sample);
    for (const value of values) expect(target.secrets).toContain(value);
    expect(JSON.stringify(target.scopes)).not.toContain('hidden');
    expect(target.scopes[0]?.id).toBe('destination:d');
  });

  test('builds the same request from the same things, and writes its title and text into it', () => {
    const [first, second] = [open(sample), open(sample)].map((target) =>
      target.request(NOTIFICATION, ATTEMPT),
    );
    expect(first).toEqual(second);
    if (!first) throw new Error('no request');
    expect(contentOf(first)).toContain(NOTIFICATION.title);
    expect(contentOf(first)).toContain('Ada paid 12 EUR');
    expect(contentOf(first)).not.toContain('hidden');
  });

  test('stays within its limits whatever the text', () => {
    const target = open(sample);
    for (const unit of UNITS) {
      const size = 65_536 / Buffer.byteLength(JSON.stringify(unit).slice(1, -1));
      const long = unit.repeat(Math.floor(size));
      const request = target.request(
        {
          ...NOTIFICATION,
          title: long.slice(0, 2_000),
          text: long,
          source: long.slice(0, 500),
          url: `https://x.example/${'a&'.repeat(900)}`,
        },
        ATTEMPT,
      );
      expect([unit, ...sizesOf(sample.channel, request)]).toEqual([unit]);
      expect(contentOf(request).isWellFormed()).toBe(true);
    }
  });

  test('sends something for blank texts', () => {
    const request = open(sample).request({ ...NOTIFICATION, title: ' ', text: ' \n ' }, ATTEMPT);
    expect(contentOf(request)).toContain('orders.paid');
    expect(sizesOf(sample.channel, request)).toEqual([]);
  });

  test('takes every status for exactly one outcome, and no reply makes it throw', () => {
    const target = open(sample);
    for (const status of STATUSES) {
      for (const body of BODIES) {
        const outcome = target.outcome({ kind: 'reply', status, headers: {}, body }, NOW);
        expect(outcome.kind).toBe(expectedKind(sample, status, body));
      }
    }
  });

  test.each([
    [true, 'maybe'],
    [false, 'retry'],
  ] as const)('takes a time-out like everybody, whether the request had begun (%s)', (started, kind) => {
    const outcome = open(sample).outcome({ kind: 'failure', reason: 'timeout', started, detail: '' }, NOW);
    expect(outcome).toEqual({ kind, reason: 'timeout' });
  });

  test('keeps whatever a text tries from having any effect', LONG, () => {
    const attacks = [
      '<!channel> <!here|x> <@U123ABC> <#C123|general> <https://evil.example|bank>',
      '@everyone @here <@123> <@&456> [bank](https://evil.example) ||spoiler|| # big',
      '</b><a href="https://evil.example">bank</a> @alice <script>alert(1)</script>',
      '<img src=x onerror=alert(1)> &lt;b&gt; \' onmouseover="x" "><svg/onload=x>',
      'Bcc: all@example.com\r\nX: y\r\n\r\nbody',
    ];
    const parts = fc.oneof(
      fc.constantFrom(...attacks, '<', '>', '&', '@', '\\', '`', '*', '[', ']', '\r\n'),
      fc.string({ unit: 'binary' }),
    );
    const text = fc.array(parts, { maxLength: 12 }).map((list) => list.join(''));
    const target = open(sample);
    fc.assert(
      fc.property(text, text, (title, body) => {
        const notification: Notification = {
          ...NOTIFICATION,
          title,
          text: body,
          source: title,
          subject: body,
        };
        expect(effectsOf(sample.channel, target.request(notification, ATTEMPT))).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});

function inMs(ms: number): string {
  return new Date(NOW + ms).toUTCString();
}

type WebRequest = Exclude<OutboundRequest, { transport: 'smtp' }>;

describe.each(SAMPLES.filter(({ settings }) => settings['via'] !== 'smtp'))('$name over HTTP', (sample) => {
  test('sends JSON to its provider', () => {
    const request = open(sample).request(NOTIFICATION, ATTEMPT) as WebRequest;
    expect(request.headers['content-type']).toMatch(/^application\/json/);
    expect(JSON.parse(request.body)).toBeTypeOf('object');
    expect('url' in request ? new URL(request.url).origin : undefined).toBe(sample.origin);
    for (const [name, value] of Object.entries(request.headers)) {
      expect(name).toBe(name.toLowerCase());
      expect(value).not.toMatch(/[\r\n\0]/);
    }
  });

  test('carries the provider’s idempotency key where it says so: the same in every attempt, another for another message', () => {
    const { providerKey } = channelOf(sample);
    if (providerKey === undefined) return;
    const keys = ['msg_one', 'msg_one', 'msg_two'].map((wireId, i) => {
      const attempt = { wireId, n: i + 1, atMs: ATTEMPT.atMs + i };
      const request = open(sample).request(NOTIFICATION, attempt) as WebRequest;
      if ('header' in providerKey) return request.headers[providerKey.header];
      return (JSON.parse(request.body) as Record<string, unknown>)[providerKey.member];
    });
    for (const key of keys) expect(key).toMatch(/^[\w-]{7,255}$/);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[0]);
  });

  test('arrives byte for byte at a server on this machine', async () => {
    const request = open(sample).request(
      { ...NOTIFICATION, text: 'ä€👍 \u2028 "quoted"' },
      ATTEMPT,
    ) as WebRequest;
    const path = 'url' in request ? new URL(request.url).pathname : request.path;
    const received: Buffer[] = [];
    const server = createServer((incoming, answer) => {
      incoming.on('data', (chunk: Buffer) => received.push(chunk));
      incoming.on('end', () => answer.end('{"ok":true}'));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { method, headers, body } = request;
    const { port } = server.address() as AddressInfo;
    const { status } = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, body });
    server.closeAllConnections();
    await once(server.close(), 'close');
    expect(Buffer.concat(received).toString()).toBe(body);
    const outcome = open(sample).outcome({ kind: 'reply', status, headers: {}, body: '{"ok":true}' }, NOW);
    expect(outcome.kind).toBe('delivered');
  });

  test.each([
    ['0', 0],
    ['7', 7_000],
    [inMs(90_000), 90_000],
    ['99999999', 86_400_000],
    [inMs(1e9), 86_400_000],
    ['-5', undefined],
    ['soon', undefined],
    ['', undefined],
    ['1e9', undefined],
    [inMs(-90_000), undefined],
    ['9'.repeat(400), undefined],
  ])('heeds a Retry-After of %s', (value, afterMs) => {
    const reply = { kind: 'reply', status: 429, headers: { 'retry-after': value }, body: '' } as const;
    expect(open(sample).outcome(reply, NOW)).toEqual({
      kind: 'retry',
      reason: 'rateLimited',
      ...((afterMs ?? sample.pauseMs) !== undefined && { afterMs: afterMs ?? sample.pauseMs }),
    });
  });
});

describe.each(SAMPLES.filter((sample) => open(sample).handshake))(
  '$name before its first delivery',
  (sample) => {
    const { request, read, question } = open(sample).handshake!;

    test('asks its provider, always in the same words, and another question when its settings are others', () => {
      expect(new URL(request.url).origin).toBe(sample.origin);
      expect(open(sample).handshake).toMatchObject({ request, question });
      const moved = Object.fromEntries(
        Object.entries(open(sample).channel.fields).flatMap(([name, { kind }]) =>
          kind === 'url' ? [[name, 'https://other.example/']] : [],
        ),
      );
      const settings = { ...sample.settings, ...moved };
      expect(open({ ...sample, settings }).handshake?.question).not.toBe(question);
      expect(question).not.toContain('hidden');
    });

    test('takes no reply for consent that does not say so, and none makes it throw', () => {
      for (const status of STATUSES) {
        for (const body of BODIES) {
          const permission = read({ kind: 'reply', status, headers: {}, body });
          expect(permission.granted).toBe(false);
          expect(JSON.stringify(permission)).not.toContain('hidden');
        }
      }
    });
  },
);

/** What each status means, for replies that say nothing else. */
function expectedKind({ channel, settings }: Sample, status: number, body: string): Outcome['kind'] {
  if (settings['via'] === 'smtp') {
    if (status >= 200 && status < 300) return 'delivered';
    if (status === 530 || status === 535) return 'retry';
    return status >= 400 && status < 500 ? 'retry' : 'reject';
  }
  const isApi = channel === 'telegram' || settings['token'] !== undefined;
  if (isApi && status === 200) return body === '{"ok":true}' ? 'delivered' : 'maybe';
  if (status >= 200 && status < 300) return 'delivered';
  if (channel === 'line' && status === 409) return 'delivered';
  if (status === 410) return 'gone';
  if (status === 408 || status === 425 || status === 429) return 'retry';
  const isWebhook = channel === 'webhook';
  if (status >= 500) return isWebhook ? 'retry' : 'maybe';
  if (isWebhook && status >= 300 && status < 400) return 'retry';
  if (status === 401) return isWebhook ? 'retry' : 'reject';
  if (status === 403) {
    if (channel === 'telegram' || settings['webhookUrl'] !== undefined)
      return channel === 'discord' ? 'reject' : 'gone';
    return isWebhook || channel === 'email' ? 'retry' : 'reject';
  }
  if (status === 404) {
    if (settings['webhookUrl'] !== undefined) return 'gone';
    return isWebhook ? 'retry' : 'reject';
  }
  return 'reject';
}
