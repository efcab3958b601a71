import { array, assert, integer, nat, property, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Asking, type Gate, type Tallies, letThrough } from '../../lib/core/tally.ts';

const NOW = 1_000_000;
const bound = { max: 2, perMs: 1_000 };
const ask = (event: string, more: Partial<Gate> = {}): Asking => ({
  event,
  gates: [{ name: 'all', line: 'ops', bound, ...more }],
});
const none: Tallies = new Map([['all', new Map()]]);
/** Whether each is let through, and the line it asked for afterwards. */
const tell = (tallies: Tallies, asking: readonly Asking[], nowMs: number) => {
  const { refusals, after } = letThrough(tallies, asking, nowMs);
  return { passes: refusals.map((gate) => gate === undefined), after, line: after.get('all')?.get('ops') };
};

describe('a tally', () => {
  test('lets so many through, and refuses what comes after without a trace', () => {
    const { passes, line } = tell(none, [ask('a'), ask('b'), ask('c')], NOW);
    expect(passes).toEqual([true, true, false]);
    expect(line).toEqual([
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
    expect(tell(none, asking, NOW).passes).toEqual([true, true, false]);
  });

  test('forgets what is older than its time, to the millisecond', () => {
    const { after } = tell(none, [ask('a'), ask('b')], NOW);
    expect(tell(after, [ask('c')], NOW + 999).passes).toEqual([false]);
    const later = tell(after, [ask('c')], NOW + 1_000);
    expect([later.passes, later.line]).toEqual([[true], [{ event: 'c', at: NOW + 1_000 }]]);
  });

  test('knows an event that it let through, and counts it once', () => {
    const { after } = tell(none, [ask('a'), ask('a'), ask('b')], NOW);
    const again = tell(after, [ask('b'), ask('a')], NOW + 5_000);
    expect([again.passes, again.after]).toEqual([[true, true], after]);
    expect(again.after.get('all')).toBe(after.get('all'));
  });

  test('begins anew behind what clears it', () => {
    const { after } = tell(none, [ask('a'), ask('b')], NOW);
    const cleared = tell(after, [ask('end', { clears: true }), ask('c')], NOW);
    expect([cleared.passes, cleared.line]).toEqual([[true, true], [{ event: 'c', at: NOW }]]);
    expect(tell(none, [ask('end', { clears: true })], NOW).after).toEqual(none);
  });

  test('never lets more through within its time, whatever asks again and when', () => {
    const asks = array(tuple(nat(12), nat(400)), { maxLength: 60 });
    assert(
      property(asks, integer({ min: 1, max: 4 }), (steps, max) => {
        let [tallies, nowMs]: [Tallies, number] = [none, NOW];
        const first = new Map<string, number>();
        for (const [event, waitMs] of steps) {
          nowMs += waitMs;
          const name = `e${event}`;
          const told = tell(tallies, [ask(name, { bound: { max, perMs: 1_000 } })], nowMs);
          const isKnown = (tallies.get('all')?.get('ops') ?? []).some((one) => one.event === name);
          if (told.passes[0] && !isKnown) first.set(`${name}@${nowMs}`, nowMs);
          expect(isKnown && !told.passes[0]).toBe(false);
          tallies = told.after;
        }
        const times = [...first.values()];
        for (const from of times)
          expect(times.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(max);
      }),
    );
  });
});

describe('an event with two gates', () => {
  const once: Gate = { name: 'key', line: 'ops', bound: { max: 1, perMs: 5_000 } };
  const cap: Gate = { name: 'cap', line: '', bound: { max: 1, perMs: 1_000 } };
  const other: Gate = { ...once, name: 'other key' };
  const at = (key: Gate, event: string): Asking => ({ event, gates: [key, cap] });
  const passed = (event: string) => [{ event, at: NOW }];

  test.each<[string, Asking[], (string | undefined)[], Record<string, unknown>]>([
    ['counts at both', [at(once, 'a')], [undefined], { key: passed('a'), cap: passed('a') }],
    [
      'is a duplicate of what passed both, and takes no place under the cap',
      [at(once, 'a'), at(once, 'b')],
      [undefined, 'key'],
      { key: passed('a'), cap: passed('a') },
    ],
    [
      'is no duplicate of what the cap kept back',
      [at(other, 'a'), at(once, 'b'), at(once, 'c')],
      [undefined, 'cap', 'cap'],
      { 'other key': passed('a'), key: undefined, cap: passed('a') },
    ],
    [
      'is heard where only the other was kept back, by a cap that does not count this one',
      [at(other, 'a'), at(once, 'b'), { event: 'c', gates: [once] }],
      [undefined, 'cap', undefined],
      { key: passed('c'), cap: passed('a') },
    ],
  ])('%s', (_, asking, refused, lines) => {
    const { refusals, after } = letThrough(new Map(), asking, NOW);
    expect(refusals.map((gate) => gate?.name)).toEqual(refused);
    for (const [name, line] of Object.entries(lines)) {
      expect(after.get(name)?.get(name === 'cap' ? '' : 'ops')).toEqual(line);
    }
  });

  test('takes back what it left when it asked before and the cap was full in the meantime', () => {
    const tallies: Tallies = new Map([
      ['key', new Map([['ops', passed('b')]])],
      ['cap', new Map([['', passed('a')]])],
    ]);
    const { refusals, after } = letThrough(tallies, [at(once, 'b')], NOW);
    expect([refusals, after.get('key')?.get('ops')]).toEqual([[cap], []]);
    expect(after.get('cap')).toBe(tallies.get('cap'));
  });
});
