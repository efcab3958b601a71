import { describe, expect, test } from 'vitest';
import type { Topic } from '../../lib/core/catalog.ts';
import type { Event } from '../../lib/core/event.ts';
import { compileOrders, deliveryGroup, eventGroup } from '../../lib/core/order.ts';

const event = (topic: string, more: Partial<Event> = {}): Event => ({
  id: 'e',
  topic,
  time: '2026-11-21T10:00:00.000Z',
  lane: 'normal',
  data: {},
  ...more,
});
const entry = (more: Partial<Topic> = {}): Topic => ({
  id: 'o',
  topics: ['orders.*'],
  ordered: true,
  ...more,
});

describe('what an event stays in order with', () => {
  test('is nothing for other topics, nor where a closer entry says so', () => {
    const orderOf = compileOrders([entry(), { id: 'bulk', topics: ['orders.bulk'] }]);
    expect(orderOf(event('orders.paid'))).toBeDefined();
    expect(orderOf(event('orders.bulk'))).toBeUndefined();
    expect(orderOf(event('users.made'))).toBeUndefined();
  });

  test('is the same for all topics of an entry with one key, and another for another key', () => {
    const orderOf = compileOrders([entry({ orderingKey: 'data.order.id' })]);
    const of = (topic: string, id: unknown) => orderOf(event(topic, { data: { order: { id } } }));
    expect(of('orders.paid', 7)).toBe(of('orders.sent', '7'));
    expect(of('orders.paid', 8)).not.toBe(of('orders.paid', 7));
    expect(of('orders.paid', undefined)).toBe(orderOf(event('orders.sent')));
  });

  test('is one of so many partitions', () => {
    const orderOf = compileOrders([entry({ orderingKey: 'subject', partitions: 4 })]);
    const orders = Array.from({ length: 200 }, (_, n) => orderOf(event('orders.paid', { subject: `s${n}` })));
    expect(new Set(orders).size).toBe(4);
    expect(orders[3]).toBe(orderOf(event('orders.sent', { subject: 's3' })));
  });

  test('makes groups that SQS takes, whatever the names', () => {
    const order = compileOrders([entry({ id: 'o'.repeat(63), orderingKey: 'subject' })])(
      event('orders.paid', { subject: 'ü'.repeat(999) }),
    )!;
    const name = 't'.repeat(63);
    for (const group of [eventGroup(name, order), deliveryGroup(name, name, order)])
      expect(group).toMatch(/^[\w-]{1,128}$/);
    expect(eventGroup('a', order)).not.toBe(eventGroup('b', order));
    expect(deliveryGroup('a', 'ops', order)).not.toBe(deliveryGroup('a', 'dev', order));
  });
});
