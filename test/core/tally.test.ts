import { array, assert, integer, nat, property, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Asking, type Tally, letThrough } from '../../lib/core/tally.ts';

const NOW = 1_000_000;
const bound = { max: 2, perMs: 1_000 };
const ask = (event: string, more: Partial<Asking> = {}): Asking => ({ line: 'ops', event, bound, ...more });
const none: Tally = new Map();

describe('a tally', () => {
  test('lets so many through, and refuses what comes after without a trace', () => {
    const { passes, after } = letThrough(none, [ask('a'), ask('b'), ask('c')], NOW);
    expect(passes).toEqual([true, true, false]);
    expect(after.get('ops')).toEqual([
      { event: 'a', at: NOW },
      { event: 'b', at: NOW },
    ]);
  });

  test('counts each line for itself', () => {
    const one = { max: 1, perMs: 1_000 };
    const asking = [
      ask('a', { bound: one }),
      ask('a', { line: 'dev', bound: one }),
      ask('b', { bound: one }),
    ];
    expect(letThrough(none, asking, NOW).passes).toEqual([true, true, false]);
  });

  test('forgets what is older than its time, to the millisecond', () => {
    const { after } = letThrough(none, [ask('a'), ask('b')], NOW);
    expect(letThrough(after, [ask('c')], NOW + 999).passes).toEqual([false]);
    const later = letThrough(after, [ask('c')], NOW + 1_000);
    expect([later.passes, later.after.get('ops')]).toEqual([[true], [{ event: 'c', at: NOW + 1_000 }]]);
  });

  test('knows an event that it let through, and counts it once', () => {
    const { after } = letThrough(none, [ask('a'), ask('a'), ask('b')], NOW);
    const again = letThrough(after, [ask('b'), ask('a')], NOW + 5_000);
    expect([again.passes, again.after]).toEqual([[true, true], after]);
    expect(again.after).toBe(after);
  });

  test('begins anew behind what clears it', () => {
    const { after } = letThrough(none, [ask('a'), ask('b')], NOW);
    const cleared = letThrough(after, [ask('end', { clears: true }), ask('c')], NOW);
    expect([cleared.passes, cleared.after.get('ops')]).toEqual([[true, true], [{ event: 'c', at: NOW }]]);
    expect(letThrough(none, [ask('end', { clears: true })], NOW).after).toBe(none);
  });

  test('never lets more through within its time, whatever asks again and when', () => {
    const asks = array(tuple(nat(12), nat(400)), { maxLength: 60 });
    assert(
      property(asks, integer({ min: 1, max: 4 }), (steps, max) => {
        let [tally, nowMs]: [Tally, number] = [none, NOW];
        const first = new Map<string, number>();
        for (const [event, waitMs] of steps) {
          nowMs += waitMs;
          const name = `e${event}`;
          const told = letThrough(tally, [ask(name, { bound: { max, perMs: 1_000 } })], nowMs);
          const isKnown = (tally.get('ops') ?? []).some((one) => one.event === name);
          if (told.passes[0] && !isKnown) first.set(`${name}@${nowMs}`, nowMs);
          expect(isKnown && !told.passes[0]).toBe(false);
          tally = told.after;
        }
        const times = [...first.values()];
        for (const from of times)
          expect(times.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(max);
      }),
    );
  });
});
