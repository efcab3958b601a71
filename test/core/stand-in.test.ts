import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../lib/core/event.ts';
import {
  NO_STAND_INS,
  type OwedEnd,
  type StandInNote,
  afterNote,
  beginNote,
  endInPlace,
  endNote,
} from '../../lib/core/stand-in.ts';

const NOW = Date.UTC(2026, 10, 27, 10);

const begin = (atMs: number, to = 'dev'): StandInNote => ({
  kind: 'begin',
  incident: 'i',
  from: 'ops',
  to,
  atMs,
});
const end = (atMs: number, event = `end${atMs}`): StandInNote => ({
  kind: 'end',
  incident: 'i',
  from: 'ops',
  event,
  atMs,
});

/** Who is to hear of which end after each of some notes, as `end:destination`. */
function owedBy(...notes: readonly StandInNote[]): string[][] {
  let known = NO_STAND_INS;
  return notes.map((note) => {
    const noted = afterNote(known, note);
    known = noted.known;
    return noted.owed.map(({ event, to }: OwedEnd) => `${event}:${to}`);
  });
}

describe('who hears of an end in place of a destination', () => {
  test('is everybody who has heard of what it ends, once', () => {
    expect(owedBy(begin(1), begin(2, 'boss'), begin(2), end(5))).toEqual([
      [],
      [],
      [],
      ['end5:dev', 'end5:boss'],
    ]);
  });

  test('is nobody where nobody has heard of its begin', () => {
    expect(owedBy(end(5))).toEqual([[]]);
    expect(owedBy(begin(1), end(2), end(5))).toEqual([[], ['end2:dev'], []]);
  });

  test('is whoever hears of the begin after the end, too', () => {
    expect(owedBy(end(5), begin(1))).toEqual([[], ['end5:dev']]);
    expect(owedBy(end(5), begin(5))).toEqual([[], ['end5:dev']]);
  });

  test('is nobody where something newer has begun', () => {
    expect(owedBy(begin(6), end(5), end(9))).toEqual([[], [], ['end9:dev']]);
    expect(owedBy(end(5), begin(6), end(9))).toEqual([[], [], ['end9:dev']]);
  });

  test('is not who heard of what an earlier end ended', () => {
    expect(owedBy(begin(1), end(2), begin(3, 'boss'), end(4))).toEqual([[], ['end2:dev'], [], ['end4:boss']]);
  });

  test('says the same where a note comes again', () => {
    expect(owedBy(begin(1), begin(1), end(2), end(2))).toEqual([[], [], ['end2:dev'], ['end2:dev']]);
    expect(owedBy(end(2), begin(1), begin(1))).toEqual([[], ['end2:dev'], ['end2:dev']]);
  });

  test('is the same in whatever order what happened in turns is heard of', () => {
    const times = fc.uniqueArray(fc.nat(1_000), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(times, fc.infiniteStream(fc.nat(1_000)), (drawn, order) => {
        // Begins and ends in turns; every begin fails over.
        const sorted = drawn.slice(drawn.length % 2).toSorted((a, b) => a - b);
        const notes = sorted.map((atMs, index) => (index % 2 === 0 ? begin(atMs) : end(atMs)));
        const shuffled = notes
          .map((note) => ({ note, rank: order.next().value ?? 0 }))
          .toSorted((a, b) => a.rank - b.rank)
          .map(({ note }) => note);
        const owed = new Set(owedBy(...shuffled).flat());
        const last = notes.findLast(({ kind }) => kind === 'end')!;
        // Of the last end everybody hears; of one before it, not where something newer was heard first.
        expect(owed).toContain(`end${last.atMs}:dev`);
      }),
    );
  });
});

describe('what is noted of an event', () => {
  const firing: Event = {
    id: 'e1',
    topic: 'alert.firing',
    time: new Date(NOW).toISOString(),
    lane: 'normal',
    dedupeKey: 'k',
    data: { status: 'firing', startsAt: new Date(NOW - 5_000).toISOString() },
  };
  const resolved: Event = {
    ...firing,
    id: 'e2',
    data: { ...firing.data, status: 'resolved', endsAt: new Date(NOW).toISOString() },
  };

  test('is its begin where it goes to another destination, and its end where it leads', () => {
    const copy = { ...firing, to: ['dev'], failsOver: { from: 'ops', state: 'dead' as const } };
    const noted = beginNote(copy, NOW);
    expect(noted).toMatchObject({ kind: 'begin', from: 'ops', to: 'dev', atMs: NOW - 5_000 });
    expect(endNote(resolved, 'ops', NOW)).toMatchObject({
      kind: 'end',
      incident: noted!.incident,
      event: 'e2',
      atMs: NOW,
    });
  });

  const { dedupeKey: _, ...nameless } = resolved;
  test.each<[string, StandInNote | undefined]>([
    ['a begin where it was to go', beginNote(firing, NOW)],
    ['an end as a begin', beginNote(endInPlace(resolved, { event: 'e2', from: 'ops', to: 'dev' }), NOW)],
    ['a begin as an end', endNote(firing, 'ops', NOW)],
    ['the end of nothing that has a name', endNote(nameless, 'ops', NOW)],
    ['the replay of an end', endNote({ ...resolved, replayOf: 'e0' }, 'ops', NOW)],
  ])('is nothing: %s', (__, note) => {
    expect(note).toBeUndefined();
  });
});
