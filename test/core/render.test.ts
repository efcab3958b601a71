import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../lib/core/event.ts';
import { render } from '../../lib/core/render.ts';

const event = (data: Event['data'], more: Partial<Event> = {}): Event => ({
  id: 'e1',
  topic: 'orders.paid',
  time: '2026-11-21T10:00:00.000Z',
  lane: 'normal',
  data,
  ...more,
});

describe('what people read of an event', () => {
  test.each<[string, Event['data'], string, string]>([
    ['title and text', { title: 'T', text: 'x', message: 'm' }, 'T', 'x'],
    ['message before summary', { message: 'm', summary: 's' }, 'orders.paid', 'm'],
    ['the summary', { summary: 's' }, 'orders.paid', 's'],
    [
      'the fields when there is no text',
      { amount: 5, tags: ['a', 'b'], who: { id: 1 }, none: null },
      'orders.paid',
      'amount: 5\ntags: a, b\nwho: {"id":1}',
    ],
    ['the other fields below a title', { title: 'T', amount: 5 }, 'T', 'amount: 5'],
    ['a title of several lines on one', { title: 'a\n b', text: 'x' }, 'a b', 'x'],
    ['a blank title as none', { title: '  ', text: 'x' }, 'orders.paid', 'x'],
    ['a title that is no text as none', { title: 5, text: 'x' }, 'orders.paid', 'x'],
  ])('is %s', (_, data, title, text) => {
    expect(render(event(data))).toMatchObject({ title, text });
  });

  test('a template takes the place of title and text, each if it is given', () => {
    const notification = render(event({ title: 'T', text: 'x', n: 5 }), { id: 't', text: 'No. {{data.n}}' });
    expect(notification).toMatchObject({ title: 'T', text: 'No. 5' });
    expect(render(event({ text: 'x' }), { id: 't', title: '{{data.nothing}}' }).title).toBe('orders.paid');
  });

  test('severity, source, subject and the status of an alert come along', () => {
    const alert = event({ status: 'firing' }, { severity: 'critical', source: 's', subject: 'o' });
    expect(render(alert)).toMatchObject({
      severity: 'critical',
      status: 'firing',
      source: 's',
      subject: 'o',
    });
    expect(render(event({ status: 'open' }))).not.toHaveProperty('status');
  });

  test.each<[unknown, string | undefined]>([
    ['https://example.com/a', 'https://example.com/a'],
    ['http://prometheus:9090/graph', 'http://prometheus:9090/graph'],
    ['javascript:alert(1)', undefined],
    ['data:text/html,x', undefined],
    ['/relative', undefined],
    [5, undefined],
    [`https://example.com/${'x'.repeat(2_048)}`, undefined],
  ])('of the address %s a link to %s is made', (url, expected) => {
    expect(render(event({ url })).url).toBe(expected);
  });

  test('data is kept only where a channel carries the event, up to 64 KiB', () => {
    const small = event({ a: 1 });
    expect(render(small)).not.toHaveProperty('data');
    expect(render(small, undefined, 'event')).toMatchObject({ data: { a: 1 } });
    const big = render(event({ a: 1, b: 'x'.repeat(70_000), c: 2 }), undefined, 'event');
    expect(big).toMatchObject({ data: { a: 1 }, truncated: true });
    expect(big.data).not.toHaveProperty('b');
  });

  test('a notification of any event fits into a message, and its texts stay well-formed', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 }).map((unit) => `x${unit.repeat(400)}`);
    const data = fc.record({ title: text, text, other: text });
    fc.assert(
      fc.property(data, (any) => {
        const notification = render(event(any), undefined, 'event');
        expect(Buffer.byteLength(JSON.stringify(notification))).toBeLessThan(160 * 1024);
        expect(notification.text.isWellFormed() || !any.text.isWellFormed()).toBe(true);
        expect(notification.truncated ?? false).toBe(
          notification.text !== any.text || notification.data?.['other'] !== any.other,
        );
      }),
      { numRuns: 50 },
    );
  });
});
