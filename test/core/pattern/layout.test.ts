import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Facts, listOf } from '../../../lib/core/pattern/facts.ts';
import { Layout } from '../../../lib/core/pattern/layout.ts';
import { events } from './arbitraries.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const step = fc.constantFrom('a', 'b', 'c');
const paths = fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 });

function layoutOf(asked: readonly (readonly string[])[]): Layout {
  const layout = new Layout();
  for (const path of asked) layout.slotOf(path);
  return layout;
}

const written = ({ values, present, count, scattered, event }: Facts) => ({
  values: values.map(listOf),
  present: present.slice(0, count).toSorted((a, b) => a - b),
  scattered: [...scattered].toSorted((a, b) => a - b),
  event,
});

describe('what is asked of an event', () => {
  test('is answered as if there had been no event before', () => {
    let found = 0;
    fc.assert(
      fc.property(paths, fc.array(events, { minLength: 2, maxLength: 6 }), (asked, stream) => {
        const layout = layoutOf(asked);
        for (const event of [...stream, ...stream]) {
          const answer = layout.ask(event, written);
          found += answer.present.length;
          expect(answer).toEqual(layoutOf(asked).ask(event, written));
        }
      }),
      { numRuns: 500 },
    );
    expect(found).toBeGreaterThan(500);
  });

  test('may grow between events', () => {
    fc.assert(
      fc.property(paths, paths, events, (asked, more, event) => {
        const layout = layoutOf(asked);
        layout.ask(event, written);
        for (const path of more) layout.slotOf(path);
        expect(layout.ask(event, written)).toEqual(layoutOf([...asked, ...more]).ask(event, written));
      }),
    );
  });

  test('is found among more members than are remembered, and behind names that are too long for that', () => {
    const layout = layoutOf([['x'], ['y']]);
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`m${n}`, n]));
    const long = { ['l'.repeat(1_000)]: 0 };
    for (const event of [
      { ...many, x: 1 },
      { x: 1, ...many },
      { ...long, x: 1 },
      { m0: 0, ...long, x: 1 },
    ])
      for (let time = 0; time < 2; time++)
        expect(layout.ask(event, ({ values }) => [...values])).toEqual([1, undefined]);
  });
});

test('the long names that a producer makes up are not kept', () => {
  const places = Array.from({ length: 500 }, (_, n) => `p${n}`);
  const layout = layoutOf(places.map((place) => ['data', place, 'host']));
  const used = () => {
    // A collection that was under way keeps what it had marked before.
    collectGarbage();
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = used();
  for (const [slot, place] of places.entries()) {
    const name = place.padEnd(100_000, 'x');
    const event: unknown = JSON.parse(`{"data":{"${place}":{"${name}":1,"host":"db1"}}}`);
    expect(layout.ask(event, ({ values }) => values[slot])).toBe('db1');
  }
  // All of them would take 50 MB.
  expect(used() - before).toBeLessThan(25_000_000);
});
