import { describe, expect, test } from 'vitest';
import type { HttpRequest, Target } from '../../lib/channel.ts';
import { registry } from '../../lib/registry.ts';
import { resolveSettings } from '../../lib/settings.ts';
import { effectsOf, sizesOf } from './judges.ts';
import { ATTEMPT, NOTIFICATION, SAMPLES, type Sample } from './samples.ts';

const RULES = { localHosts: [], apiHost: 'api.fanfare.example' };
const SENT = { ...ATTEMPT, providerId: '1234567890' };
const STATUSES = Array.from({ length: 500 }, (_, index) => index + 100);
const BODIES = [
  '',
  'ok',
  '[]',
  'null',
  '{"ok":',
  '{"ok":true}',
  '{"ok":false}',
  '{"error":7,"code":"x"}',
  '\0',
];

function open({ channel: name, settings, secrets }: Sample): Target {
  const channel = registry.get(name)!;
  const resolved = resolveSettings(channel, settings, secrets, RULES);
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.issues));
  return channel.open(resolved.settings, { tenant: 't', destination: 'd' });
}

const EDITING = SAMPLES.filter((sample) => open(sample).edit);

test('messages can be changed where their provider can do it', () => {
  expect(EDITING.map(({ name }) => name)).toEqual(['slack by bot token', 'discord', 'telegram']);
});

describe.each(EDITING)('a change of what $name has sent', (sample) => {
  const change = (notification = NOTIFICATION): HttpRequest => {
    const request = open(sample).edit!.request(notification, SENT);
    if (request.transport !== 'http') throw new Error('no HTTP');
    return request;
  };

  test('is the same request for the same things, goes to its provider, and names the message', () => {
    expect(change()).toEqual(change());
    expect(new URL(change().url).origin).toBe(sample.origin);
    expect(change().headers['content-type']).toMatch(/^application\/json/);
    expect(`${change().url} ${change().body}`).toContain(SENT.providerId);
    expect(change().body).not.toContain('hidden');
  });

  test('says all that a new message says', () => {
    const sent = open(sample).request(NOTIFICATION, ATTEMPT) as HttpRequest;
    const [before, after] = [sent, change()].map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    for (const member of ['text', 'blocks', 'embeds', 'parse_mode', 'allowed_mentions'])
      expect(after?.[member]).toEqual(before?.[member]);
    expect(change().body).toContain(NOTIFICATION.title);
  });

  test('stays within the limits whatever the text, and lets no text have an effect', () => {
    for (const unit of ['a', '&', '<', '👍', '\ud800', '\n', '<!channel> @everyone </b><script> ']) {
      const text = unit.repeat(Math.floor(60_000 / Buffer.byteLength(JSON.stringify(unit))));
      const request = change({ ...NOTIFICATION, title: text.slice(0, 2_000), text });
      expect([unit, ...sizesOf(sample.channel, request)]).toEqual([unit]);
      expect(effectsOf(sample.channel, request)).toEqual([]);
    }
  });

  test('finds its message gone only where the provider says so, and no reply makes it throw', () => {
    const { isLost } = open(sample).edit!;
    for (const status of STATUSES)
      for (const body of BODIES) expect(isLost({ kind: 'reply', status, headers: {}, body })).toBe(false);
  });

  test('belongs to the place that its settings name, and the name of that holds no secret', () => {
    const { place } = open(sample).edit!;
    expect(open(sample).edit!.place).toBe(place);
    expect(place).not.toContain('hidden');
    const secrets = new Map([...sample.secrets].map(([name, value]) => [name, `${value}2`]));
    expect(open({ ...sample, secrets }).edit!.place).not.toBe(place);
  });
});
