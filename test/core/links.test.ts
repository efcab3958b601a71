import { describe, expect, test } from 'vitest';
import { openLink } from '../../lib/core/link.ts';
import { LINK_PATH, linkMaker, linksOf } from '../../lib/core/links.ts';
import type { Link } from '../../lib/core/link.ts';

const NOW = Date.UTC(2026, 10, 27, 3);
const KEY = Buffer.alloc(32, 7).toString('base64url');
const BASE = 'https://api.example.com';
const make = linkMaker(BASE, 'acme', KEY, NOW);

const event = { id: 'e1', topic: 'orders.paid', data: {} };
const escalates = { opener: 'e0', incident: 'i', route: 'r', step: 0, round: 0 };

function read(url: string | undefined): Link | undefined {
  const opened = url?.startsWith(BASE + LINK_PATH)
    ? openLink(url.slice(BASE.length + LINK_PATH.length), KEY, NOW)
    : undefined;
  return opened?.kind === 'open' ? opened.link : undefined;
}

describe('the links of a delivery', () => {
  test.each([
    ['a person', { event, destination: 'alice.mail', isEscalated: false }, ['unsubscribe']],
    ['a shared place', { event, destination: 'ops', isEscalated: false }, undefined],
    ['a shared place, escalated', { event, destination: 'ops', isEscalated: true }, ['acknowledge']],
    [
      'a person, escalated',
      { event, destination: 'alice.mail', isEscalated: true },
      ['acknowledge', 'unsubscribe'],
    ],
    ['a step', { event: { ...event, escalates }, destination: 'ops', isEscalated: false }, ['acknowledge']],
    [
      'an end',
      { event: { ...event, data: { status: 'resolved' } }, destination: 'ops', isEscalated: true },
      undefined,
    ],
    [
      'a digest of nobody knows what',
      { event: { ...event, topic: 'fanfare.digest' }, destination: 'alice.mail', isEscalated: false },
      undefined,
    ],
  ])('to %s', (_, linked, expected) => {
    const links = linksOf(linked, make);
    expect(links && Object.keys(links)).toEqual(expected);
  });

  test('are bound to it, for a week and for three months', () => {
    const { acknowledge, unsubscribe } =
      linksOf({ event, destination: 'alice.mail', isEscalated: true }, make) ?? {};
    const common = { tenant: 'acme', event: 'e1', destination: 'alice.mail' };
    const days = (count: number) => NOW / 1_000 + count * 86_400;
    expect(read(acknowledge)).toEqual({ ...common, purpose: 'acknowledge', topics: [], expiresAt: days(7) });
    expect(read(unsubscribe)).toEqual({
      ...common,
      purpose: 'unsubscribe',
      topics: ['orders.paid'],
      expiresAt: days(90),
    });
  });

  const digest = { ...event, topic: 'fanfare.digest' };
  const topicsOf = (topics: readonly string[]) =>
    read(linksOf({ event: digest, destination: 'alice.mail', isEscalated: false, topics }, make)?.unsubscribe)
      ?.topics;

  test('name what a digest tells of, by families where that is too long for a URL', () => {
    expect(topicsOf(['news.a', 'ads', 'news.a'])).toEqual(['news.a', 'ads']);
    const many = Array.from({ length: 40 }, (_, index) => `news.topic${index}`);
    expect(topicsOf([...many, 'ads'])).toEqual(['news.*', 'ads']);
    expect(topicsOf(Array.from({ length: 60 }, (_, index) => `topic${index}.a`))).toBeUndefined();
  });

  test('fit into a header of a mail, names as long as they get', () => {
    const long = 'x'.repeat(63);
    const topic = 'x'.repeat(128);
    const maker = linkMaker('https://abcdefghij.execute-api.ap-southeast-2.amazonaws.com', long, KEY, NOW);
    const linked = {
      event: { id: 'x'.repeat(128), topic, data: {} },
      destination: `${long}.${long}`,
      isEscalated: false,
    };
    expect(linksOf(linked, maker)?.unsubscribe?.length).toBeLessThanOrEqual(868);
  });
});
