import { describe, expect, test } from 'vitest';
import { alertDigest, listDigest, modeOfAll } from '../../lib/core/digest.ts';
import { digestId, parseDigestId } from '../../lib/core/group-window.ts';
import type { Member } from '../../lib/core/member.ts';
import { EVENT_ID } from '../../lib/core/event.ts';
import { render } from '../../lib/core/render.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const window = {
  tenant: 'acme',
  group: 'a'.repeat(22),
  n: 3,
  kind: 'group' as const,
  destination: 'ops',
  rule: 'alerts',
  values: { 'data.alertname': 'HighErrorRate', 'data.labels.cluster': 'eu-1' },
};
const alert = (key: string, more: Partial<Member> = {}): Member => {
  return {
    event: key,
    key,
    status: 'firing',
    atMs: NOW,
    title: `[FIRING] ${key}`,
    text: `${key} is bad`,
    ...more,
  };
};
const firing = (key: string, more = {}) => ({ key, title: `[FIRING] ${key}`, since: NOW, ...more });

describe('a digest of alerts', () => {
  test('counts them in its title, with what they have in common, and gives each a line', () => {
    const news = {
      firing: [firing('a', { severity: 'warning' }), firing('b', { severity: 'critical' })],
      resolved: [alert('c', { status: 'resolved', title: '[RESOLVED] c' })],
      events: [],
    };
    const event = alertDigest(window, news, [alert('b')], NOW);
    expect(render(event)).toMatchObject({
      id: digestId(window),
      title: '[FIRING:2 RESOLVED:1] HighErrorRate eu-1',
      text: '[FIRING] b: b is bad\n[FIRING] a\n[RESOLVED] c: c is bad',
      severity: 'critical',
      status: 'firing',
    });
    expect(event.dedupeKey).toBe(window.group);
  });

  test('is resolved when nothing fires any more, and as bad as what is over', () => {
    const news = {
      firing: [],
      resolved: [alert('c', { status: 'resolved', severity: 'error' })],
      events: [],
    };
    expect(render(alertDigest(window, news, [], NOW))).toMatchObject({
      title: '[RESOLVED:1] HighErrorRate eu-1',
      severity: 'error',
      status: 'resolved',
    });
  });

  test('shows fifty lines, and says how many are left out', () => {
    const news = { firing: Array.from({ length: 53 }, (_, i) => firing(`a${i}`)), resolved: [], events: [] };
    const { data } = alertDigest(window, news, [], NOW);
    expect(String(data['text']).split('\n')).toHaveLength(51);
    expect(String(data['text']).endsWith('\nand 3 more')).toBe(true);
    expect(data['leftOut']).toBe(3);
  });
});

describe('a digest of anything', () => {
  const quiet = { ...window, kind: 'quietHours' as const, rule: 'ops', values: {} };
  const said = (event: string, more: Partial<Member> = {}): Member => {
    return { event, atMs: NOW, title: `Title ${event}`, text: '', ...more };
  };

  test.each<[string, readonly Member[], object]>([
    [
      'counts what it holds',
      [said('b', { atMs: NOW + 1 }), said('a')],
      { title: '2 notifications: held during quiet hours', text: 'Title a\nTitle b' },
    ],
    [
      'counts what says the same',
      [said('a', { title: 'Paid' }), said('b', { title: 'Paid' })],
      { title: '2 × Paid' },
    ],
    ['is called as its one member', [said('a')], { title: 'Title a' }],
    [
      'is as bad as the worst of them',
      [said('a', { severity: 'info' }), said('b', { severity: 'error' })],
      { severity: 'error' },
    ],
    ['fires while an alert does', [alert('a'), said('b')], { status: 'firing' }],
    [
      'is resolved when all are',
      [alert('a'), alert('a', { event: 'x', status: 'resolved', atMs: NOW + 1 })].slice(1),
      { status: 'resolved' },
    ],
  ])('%s', (_, members, expected) => {
    expect(render(listDigest(quiet, members, NOW))).toMatchObject(expected);
  });

  test('is kept as long as the longest of them', () => {
    const members = [said('a'), said('b', { retentionDays: 400 })];
    expect(listDigest(quiet, members, NOW).retentionDays).toBe(400);
    expect(listDigest(quiet, members.slice(0, 1), NOW)).not.toHaveProperty('retentionDays');
  });

  test('is urgent if one of them is', () => {
    expect(listDigest(quiet, [said('a'), said('b', { urgent: true })], NOW).lane).toBe('urgent');
    expect(listDigest(quiet, [said('a')], NOW).lane).toBe('normal');
  });
});

test.each<[(Member['mode'] | undefined)[], string | undefined]>([
  [[undefined], undefined],
  [['claimsOff', 'claimsOff'], undefined],
  [['atMostOnce', 'atMostOnce'], 'atMostOnce'],
  [['atMostOnce', undefined], undefined],
  [['atMostOnce', 'exactlyOnceRecorded'], 'exactlyOnceRecorded'],
])('members that are delivered %o are delivered together %s', (modes, expected) => {
  const members = modes.map((mode) => ({ event: 'e', atMs: 0, title: '', text: '', ...(mode && { mode }) }));
  expect(modeOfAll(members)).toBe(expected);
});

test('the id of a digest is an event id, and says which window it came of', () => {
  expect(digestId(window)).toMatch(EVENT_ID);
  expect(parseDigestId(digestId(window))).toEqual({ group: window.group, n: 3 });
  expect(parseDigestId('digest_short_1')).toBeUndefined();
});
