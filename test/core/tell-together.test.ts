import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { discord } from '../../lib/channels/discord.ts';
import { slack } from '../../lib/channels/slack.ts';
import { telegram } from '../../lib/channels/telegram.ts';
import { EVENT_ID } from '../../lib/core/event.ts';
import type { Notification } from '../../lib/core/notification.ts';
import { tellTogether } from '../../lib/core/tell-together.ts';

const said = (id: string, more: Partial<Notification> = {}): Notification => {
  return { id, topic: 'disk', time: '2026-11-21T10:00:00.000Z', title: id, text: '', ...more };
};
const many = (count: number, titles: number): Notification[] =>
  Array.from({ length: count }, (_, n) => said(`e${n}`, { title: `Disk ${n % titles}`, text: `${n}\nmore` }));

describe('one message about several', () => {
  test('has a line for each, in the order in which they happened, and is as severe as the worst', () => {
    const some = [
      said('late', { time: '2026-11-21T12:00:00+01:00', text: 'first line\nsecond', severity: 'info' }),
      said('early', { time: '2026-11-21T10:30:00.000Z', severity: 'error' }),
    ];
    expect(tellTogether(some)).toMatchObject({
      topic: 'fanfare.digest',
      time: '2026-11-21T12:00:00+01:00',
      title: '2 notifications',
      text: 'early\nlate: first line',
      severity: 'error',
    });
    expect(tellTogether([said('a'), said('b')])).not.toHaveProperty('severity');
  });

  test('of many, those that have their title in common share a line', () => {
    expect(tellTogether(many(50, 7)).text.split('\n')).toHaveLength(50);
    expect(tellTogether(many(51, 2)).text).toBe('26 × Disk 0\n25 × Disk 1');
    expect(tellTogether(many(60, 59)).text).toMatch(/^2 × Disk 0\nDisk 1: 1\n[\s\S]*\nDisk 58: 58$/);
  });

  test('of fewer too, where a line for each would be too long for a chat', () => {
    const text = 'x'.repeat(240);
    const some = many(20, 2).map((one) => Object.assign({}, one, { text }));
    expect(tellTogether(some).text).toBe('10 × Disk 0\n10 × Disk 1');
    expect(tellTogether(some.slice(0, 10)).text.split('\n')).toHaveLength(10);
  });

  test('counts those that have no room in it', () => {
    const some = many(90, 30).map((one, n) =>
      Object.assign({}, one, { title: `${'t'.repeat(119)}${n % 30}` }),
    );
    const lines = tellTogether(some).text.split('\n');
    const told = lines.slice(0, -1).reduce((sum, line) => sum + Number(line.split(' ', 1)[0]), 0);
    expect(told).toBeGreaterThan(60);
    expect(lines.at(-1)).toBe(`and ${90 - told} more`);
  });

  test('is cut by no chat, whatever signs it is made of', () => {
    const options = { tenant: 'acme', destination: 'ops' };
    const chats = [
      [slack, { webhookUrl: 'https://hooks.slack.com/services/T/B/x' }],
      [discord, { webhookUrl: 'https://discord.com/api/webhooks/12/abc' }],
      [telegram, { token: `1:${'x'.repeat(20)}`, chatId: '-12' }],
    ] as const;
    const unit = fc.constantFrom('a', ' ', '&', '<', '"', '@', '*', 'é', '🎉');
    const signs = fc.string({ unit, minLength: 60, maxLength: 300 });
    const parts = fc.record({ title: signs, text: signs, source: signs });
    const some = fc.array(parts, { minLength: 1, maxLength: 100, size: 'max' });
    fc.assert(
      fc.property(some, (others) => {
        const last = said('last', { time: '2026-11-21T11:00:00.000Z', title: 'END', text: '' });
        const one = tellTogether([...others.map((more, n) => said(`e${n}`, more)), last]);
        const end = one.text.split('\n').at(-1)!;
        expect(end).toMatch(/^(END|and \d+ more)$/);
        for (const [channel, settings] of chats) {
          const request = channel.open(settings, options).request(one, { n: 1, wireId: 'w', atMs: 0 });
          expect(JSON.stringify(request)).toContain(end);
        }
      }),
    );
  });

  test('says the title that all have in common', () => {
    expect(tellTogether(many(3, 1))).toMatchObject({
      title: '3 × Disk 0',
      text: 'Disk 0: 0\nDisk 0: 1\nDisk 0: 2',
    });
  });

  test('is short, however long they are', () => {
    const long = said('a', { title: 't'.repeat(1_000), text: 'x'.repeat(100_000) });
    const { title, text } = tellTogether([long, { ...long, id: 'b' }]);
    expect(title.length).toBeLessThan(130);
    expect(text.length).toBeLessThan(800);
  });

  test('is made of whatever time they have', () => {
    const [a, b] = [said('a', { time: '2026-99-99T99:99' }), said('b')];
    expect(tellTogether([a, b]).text.split('\n')).toHaveLength(2);
  });

  test('is another event to its provider when others are in it, and the same when they come in another order', () => {
    const [a, b, c] = [said('a'), said('b'), said('c')];
    expect(tellTogether([a, b]).id).toBe(tellTogether([b, a]).id);
    expect(tellTogether([a, b]).id).not.toBe(tellTogether([a, c]).id);
    expect(tellTogether([a, b]).id).toMatch(EVENT_ID);
  });
});
