import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type DeliveryPack,
  type EventPack,
  PACK_TARGET_BYTES,
  packBySize,
  parseDeliveryPack,
  parseEventPack,
} from '../../lib/core/message.ts';

const time = '2026-11-21T10:00:00.000Z';
const event = { id: 'e1', topic: 'orders.paid', time, lane: 'normal', data: {} } as const;
const notification = { id: 'e1', topic: 'orders.paid', time, title: 'Paid', text: '' };
const delivery = { notification, n: 1, since: 0 };
const events: EventPack = { v: 1, kind: 'events', tenant: 'acme', pack: 'p1', items: [event] };
const deliveries: DeliveryPack = {
  v: 1,
  kind: 'deliveries',
  tenant: 'acme',
  destination: 'ops',
  lane: 'normal',
  items: [delivery],
};

describe('a message', () => {
  test('is read as it was written', () => {
    const late = { ...deliveries, appointed: true, notBefore: 5, hops: 3 };
    expect(parseEventPack(JSON.stringify({ ...events, cursor: 5, hops: 1 }))).toEqual({
      ok: true,
      message: { ...events, cursor: 5, hops: 1 },
    });
    expect(parseDeliveryPack(JSON.stringify(late))).toEqual({ ok: true, message: late });
  });

  test('keeps keys as they were written, whatever was read before', () => {
    JSON.parse(String.raw`{"q":1,"\\\"":1}`);
    const data = { q: 1, '"b': 1 };
    expect(parseEventPack(JSON.stringify({ ...events, items: [{ ...event, data }] }))).toMatchObject({
      message: { items: [{ data }] },
    });
  });

  test.each([
    [undefined, 'body is not text'],
    ['', 'body is not JSON'],
    ['{', 'body is not JSON'],
    [' '.repeat(1024 * 1024), 'body is not JSON'],
    ['null', 'body is not an object'],
    ['[]', 'body is not an object'],
    ['{}', 'unknown version'],
  ])('that is not ours is refused', (body, why) => {
    expect(parseEventPack(body)).toEqual({ ok: false, why });
    expect(parseDeliveryPack(body)).toEqual({ ok: false, why });
  });

  test.each<[object, string]>([
    [{ v: 0 }, 'unknown version'],
    [{ v: '1' }, 'unknown version'],
    [{ v: 1.5 }, 'unknown version'],
    [{ v: 2, kind: undefined }, 'unknown version'],
    [{ tenant: undefined }, 'tenant is missing'],
    [{ tenant: '' }, 'tenant is missing'],
    [{ tenant: 'a#T#b' }, 'tenant is missing'],
    [{ kind: 'deliveries' }, 'kind is not "events"'],
    [{ pack: undefined }, 'pack is missing'],
    [{ pack: 'x'.repeat(2_000) }, 'pack is missing'],
    [{ hops: -1 }, 'hops is not a count'],
    [{ cursor: 1.5 }, 'cursor is not a position'],
    [{ items: [] }, 'items is not a list of events'],
    [{ items: 'e1' }, 'items is not a list of events'],
    [{ items: [event, null] }, 'items is not a list of events'],
    [{ items: [{ ...event, id: 'a.b' }] }, 'items is not a list of events'],
    [{ items: [{ ...event, topic: 'x'.repeat(200) }] }, 'items is not a list of events'],
    [{ items: [{ ...event, time: 'today' }] }, 'items is not a list of events'],
    [{ items: [{ ...event, lane: 'fast' }] }, 'items is not a list of events'],
    [{ items: [{ ...event, data: undefined }] }, 'items is not a list of events'],
    [{ items: [{ ...event, to: ['a b'] }] }, 'items is not a list of events'],
  ])('for the events queue with %j is refused', (wrong, why) => {
    expect(parseEventPack(JSON.stringify({ ...events, ...wrong }))).toEqual({ ok: false, why });
  });

  test.each<[object, string]>([
    [{ kind: 'events' }, 'kind is not "deliveries"'],
    [{ destination: undefined }, 'destination is missing'],
    [{ destination: 'x'.repeat(2_000) }, 'destination is missing'],
    [{ lane: undefined }, 'lane is unknown'],
    [{ items: {} }, 'items is not a list of deliveries'],
    [{ items: [{ ...delivery, n: 0 }] }, 'items is not a list of deliveries'],
    [{ items: [{ ...delivery, n: '1' }] }, 'items is not a list of deliveries'],
    [{ items: [{ ...delivery, since: undefined }] }, 'items is not a list of deliveries'],
    [
      { items: [{ ...delivery, notification: { ...notification, id: 'a/b' } }] },
      'items is not a list of deliveries',
    ],
    [{ items: [{ ...delivery, notification: { id: 'e1' } }] }, 'items is not a list of deliveries'],
  ])('for a deliver queue with %j is refused', (wrong, why) => {
    expect(parseDeliveryPack(JSON.stringify({ ...deliveries, ...wrong }))).toEqual({ ok: false, why });
  });

  test('of a later release is known for what it is', () => {
    for (const parse of [parseEventPack, parseDeliveryPack]) {
      expect(parse(JSON.stringify({ v: 2, kind: 'deliveries', parcels: [] }))).toEqual({
        ok: false,
        why: 'written by a later release (v 2)',
        newer: true,
      });
    }
  });

  test('never makes the reader throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.anything()), (body) => {
        expect(typeof parseEventPack(body).ok).toBe('boolean');
        expect(typeof parseDeliveryPack(body).ok).toBe('boolean');
      }),
    );
  });
});

describe('packing', () => {
  const items = fc.array(fc.string({ maxLength: 3_000, unit: 'binary' }), { maxLength: 60 });
  const bytes = (pack: readonly unknown[]) => Buffer.byteLength(JSON.stringify(pack));

  test('loses and repeats nothing, and keeps the order', () => {
    fc.assert(
      fc.property(
        items,
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 30 }),
        (all, target, max) => {
          expect(packBySize(all, target, max).flat()).toEqual(all);
        },
      ),
    );
  });

  test('keeps to the count always, and to the size unless one item alone is larger', () => {
    fc.assert(
      fc.property(
        items,
        fc.integer({ min: 10, max: 10_000 }),
        fc.integer({ min: 1, max: 30 }),
        (all, target, max) => {
          for (const pack of packBySize(all, target, max)) {
            expect(pack.length).toBeGreaterThan(0);
            expect(pack.length).toBeLessThanOrEqual(max);
            expect(pack.length === 1 || bytes(pack) <= target + 2).toBe(true);
          }
        },
      ),
    );
  });

  test('closes a pack only when the next item does not fit', () => {
    const packs = packBySize(
      Array.from({ length: 100 }, () => 'x'.repeat(1_021)),
      10 * 1_024,
    );
    expect(packs.map(({ length }) => length)).toEqual(Array.from({ length: 10 }, () => 10));
  });

  test('counts what travels, not what an item carries beside it', () => {
    const heavy = [1, 2, 3].map((n) => ({ n, beside: 'x'.repeat(PACK_TARGET_BYTES) }));
    expect(packBySize(heavy, PACK_TARGET_BYTES, Infinity, ({ n }) => String(n))).toEqual([heavy]);
  });
});
