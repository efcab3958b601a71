import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DUE_SHARDS, OPEN_SHARDS, dueKey, keys, minuteOf, openKey, shardOf } from '../../lib/core/keys.ts';

const names = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,62}$/);
const ids = fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/);

/** Every key of a tenant that the schema can spell. */
const tenantKeys = (t: string, id: string, name: string) => [
  keys.event(t, id),
  keys.claim(t, id, name),
  keys.attempt(t, id, name, 3, id),
  keys.fanOut(t, 'a.b', '2026-11-21T04', id),
  keys.completion(t, id, 2),
  keys.request(t, id),
  keys.scope(t, `destination:${name}`),
  keys.entry(t, 'destination', name),
  keys.version(t),
  keys.replay(t, id),
  { pk: openKey(t, `${id}:${name}`), sk: '' },
];

describe('the keys', () => {
  test('of a tenant begin with it, and with no other', () => {
    fc.assert(
      fc.property(names, names, ids, names, (tenant, other, id, name) => {
        for (const { pk } of tenantKeys(tenant, id, name)) {
          expect(pk.startsWith(`T#${tenant}#`)).toBe(true);
          expect(pk.startsWith(`T#${other}#`)).toBe(other === tenant);
        }
      }),
    );
  });

  test('without a tenant begin with one of three prefixes, or belong to nobody', () => {
    const free = [
      keys.apiKey('x'),
      keys.hook('x'),
      keys.sweep(),
      { pk: dueKey('acme', 'e:d', 0) },
      keys.poison('m'),
    ];
    for (const { pk } of free) expect(pk).toMatch(/^(K#|H#|DUE#|T#-#)/);
  });

  test('name one item each', () => {
    fc.assert(
      fc.property(names, ids, names, (tenant, id, name) => {
        const texts = tenantKeys(tenant, id, name).map(({ pk, sk }) => `${pk}|${sk}`);
        expect(new Set(texts).size).toBe(texts.length);
      }),
    );
  });

  test('attempts of a delivery sort by their number, and stand apart by owner', () => {
    const sks = [10, 2, 1].map((n) => keys.attempt('t', 'e', 'd', n, 'o').sk);
    expect(sks.toSorted()).toEqual(sks.toReversed());
    expect(keys.attempt('t', 'e', 'd', 1, 'a').sk).not.toBe(keys.attempt('t', 'e', 'd', 1, 'b').sk);
  });
});

describe('shards', () => {
  test('are always the same for a text, and within bounds', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 64 }), (text, shards) => {
        expect(shardOf(text, shards)).toBe(shardOf(text, shards));
        expect(shardOf(text, shards)).toBeLessThan(shards);
        expect(shardOf(text, shards)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test.each([OPEN_SHARDS, DUE_SHARDS])('spread deliveries evenly over %i', (shards) => {
    const counts = Array.from({ length: shards }, () => 0);
    for (let i = 0; i < 16_000; i++) counts[shardOf(`event-${i}:ops`, shards)]!++;
    for (const count of counts) expect(Math.abs(count - 16_000 / shards)).toBeLessThan(16_000 / shards / 4);
  });

  test('a due entry stands in its own minute', () => {
    expect(dueKey('acme', 'e:d', 125_000)).toMatch(/^DUE#\d+#2$/);
    expect([59_999, 60_000].map(minuteOf)).toEqual([0, 1]);
  });
});
