import { describe, expect, test } from 'vitest';
import { completeEvent, parseEvent } from '../../lib/core/event-input.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const parse = (input: unknown) => parseEvent(input, NOW);

describe('parseEvent', () => {
  test('takes an event with every member and brings its time to UTC', () => {
    const event = {
      id: 'order-4711',
      topic: 'order.paid',
      source: '/shop',
      subject: 'order/4711',
      time: '2026-11-21T11:30:00+02:00',
      severity: 'info',
      dedupeKey: 'order-4711',
      lane: 'urgent',
      data: { any: ['thing', { at: 'all' }] },
    };
    expect(parse(event)).toEqual({ ok: true, draft: { ...event, time: '2026-11-21T09:30:00.000Z' } });
  });

  test.each(['2026-11-21T13:00:00+02:00', NOW + 3_600_000])(
    'brings the end of an event to UTC: %s',
    (expiresAt) => {
      expect(parse({ topic: 'a', data: {}, expiresAt })).toEqual({
        ok: true,
        draft: { topic: 'a', data: {}, expiresAt: '2026-11-21T11:00:00.000Z' },
      });
    },
  );

  test('takes the destinations that it names, each once', () => {
    expect(parse({ topic: 'a', data: {}, destinations: ['ops', 'dev', 'ops'] })).toEqual({
      ok: true,
      draft: { topic: 'a', data: {}, to: ['ops', 'dev'] },
    });
  });

  test('needs no more than a topic and data', () => {
    expect(parse({ topic: 'a', data: {} })).toEqual({ ok: true, draft: { topic: 'a', data: {} } });
  });

  test.each([
    [null, '', 'type'],
    [[], '', 'type'],
    [{ data: {} }, '/topic', 'required'],
    [{ topic: 'a' }, '/data', 'required'],
    [{ topic: 'a', data: [] }, '/data', 'type'],
    [{ topic: 'a..b', data: {} }, '/topic', 'format'],
    [{ topic: 'a b', data: {} }, '/topic', 'format'],
    [{ topic: 'é', data: {} }, '/topic', 'format'],
    [{ topic: 'a'.repeat(129), data: {} }, '/topic', 'tooLong'],
    [{ topic: 'a', data: {}, id: 'a.b' }, '/id', 'format'],
    [{ topic: 'a', data: {}, id: null }, '/id', 'type'],
    [{ topic: 'a', data: {}, source: '' }, '/source', 'tooShort'],
    [{ topic: 'a', data: {}, severity: 'bad' }, '/severity', 'oneOf'],
    [{ topic: 'a', data: {}, destinations: [] }, '/destinations', 'tooShort'],
    [{ topic: 'a', data: {}, destinations: ['ada.mail'] }, '/destinations/0', 'format'],
    [{ topic: 'a', data: {}, destinations: Array(21).fill('a') }, '/destinations', 'tooLong'],
    [{ topic: 'a', data: {}, destinations: ['ops'], recipients: ['ada'] }, '/destinations', 'invalid'],
    [{ topic: 'a', data: {}, to: ['ops'] }, '/to', 'unknown'],
    [{ topic: 'a', data: {}, retentionDays: 90 }, '/retentionDays', 'unknown'],
    [{ topic: 'a', data: {}, lane: 'fast' }, '/lane', 'oneOf'],
    [{ topic: 'a', data: {}, time: 'yesterday' }, '/time', 'format'],
    [{ topic: 'a', data: {}, time: '2026-11-21T10:05:01Z' }, '/time', 'range'],
    [{ topic: 'a', data: {}, time: '2026-11-14T09:59:59Z' }, '/time', 'range'],
    [{ topic: 'a', data: {}, time: '9999-01-01T00:00:00Z' }, '/time', 'range'],
    [{ topic: 'a', data: {}, expiresAt: '2026-11-21T10:00:00Z' }, '/expiresAt', 'range'],
    [{ topic: 'a', data: {}, expiresAt: NOW / 1_000 + 60 }, '/expiresAt', 'range'],
    [{ topic: 'a', data: {}, expiresAt: NOW * 1_000 }, '/expiresAt', 'range'],
    [{ topic: 'a', data: {}, expiresAt: '2026-12-21T10:00:01Z' }, '/expiresAt', 'range'],
    [{ topic: 'a', data: {}, expiresAt: 'tomorrow' }, '/expiresAt', 'format'],
    [{ topic: 'a', data: {}, expiresAt: NOW + 0.5 }, '/expiresAt', 'invalid'],
    [{ topic: 'a', data: {}, scheduledAt: '2026-12-21T10:00:01Z' }, '/scheduledAt', 'range'],
    [{ topic: 'a', data: {}, scheduledAt: '2026-12-21T10:00:00' }, '/scheduledAt', 'format'],
    [{ topic: 'a', data: {}, scheduledAt: NOW + 60_000 }, '/scheduledAt', 'type'],
    [
      { topic: 'a', data: {}, scheduledAt: '2026-11-21T12:00:00Z', expiresAt: '2026-11-21T12:00:00Z' },
      '/expiresAt',
      'range',
    ],
    [{ topic: 'a', data: {}, tenant: 'b' }, '/tenant', 'unknown'],
    [{ topic: 'a', data: {}, to: ['x'] }, '/to', 'unknown'],
  ])('refuses %j', (input, pointer, code) => {
    expect(parse(input)).toMatchObject({ ok: false, errors: [{ pointer, code }] });
  });

  test('names every member that is wrong, up to twenty', () => {
    const unknown = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`x${index}`, 1]));
    const parsed = parse({ topic: 1, ...unknown });
    expect(parsed.ok || parsed.errors.length).toBe(20);
  });

  test('takes a long topic apart in linear time', () => {
    expect(parse({ topic: `${'a'.repeat(100_000)}!`, data: {} }).ok).toBe(false);
  });
});

describe('completeEvent', () => {
  test('fills in id, time and lane', () => {
    const event = completeEvent({ topic: 'a', data: {} }, 'id-1', NOW);
    expect(event).toEqual({
      id: 'id-1',
      topic: 'a',
      time: '2026-11-21T10:00:00.000Z',
      lane: 'normal',
      data: {},
    });
  });

  test('makes critical events urgent whatever they say', () => {
    const draft = { topic: 'a', severity: 'critical', lane: 'normal', data: {} } as const;
    expect(completeEvent(draft, 'id-1', NOW).lane).toBe('urgent');
  });
});
