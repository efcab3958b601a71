import { describe, expect, test } from 'vitest';
import { type Candidate, type Paces, planPage, previewOf, spacingOf } from '../../lib/core/replay.ts';
import { parseReplayInput } from '../../lib/core/replay-input.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const page = (...to: string[][]) => ({
  candidates: to.map((ids, i): Candidate => ({ to: ids, position: `p${i}` })),
  next: 'end',
  isLast: true,
});

function pacesOf(own: Record<string, number>, shared: Record<string, number> = {}): Paces {
  const lines = new Map(Object.entries(shared));
  return new Map(Object.entries(own).map(([id, spacingMs]) => [id, { spacingMs, shared: lines }]));
}

describe('the pace of a replay', () => {
  test.each([
    [undefined, 100],
    [{ limit: 0, perMs: 0 }, 100],
    [{ limit: 1, perMs: 1_000 }, 4_000],
    [{ limit: 30, perMs: 60_000 }, 8_000],
    [{ limit: 1_000, perMs: 1_000 }, 100],
  ])('of a destination with the rate %j leaves three quarters of it: %d ms', (rate, ms) => {
    expect(spacingOf(rate)).toBe(ms);
  });

  test('gives every destination its own line, and stops at what is for the next run', () => {
    const paces = pacesOf({ slow: 25_000, fast: 100 });
    const given = page(['slow'], ['fast'], ['slow', 'fast'], ['gone'], ['slow'], ['slow'], ['fast']);
    const plan = planPage({ cursor: '', lines: {} }, given, paces, NOW);
    expect(plan.slots.map(({ atMs }) => atMs - NOW)).toEqual([0, 0, 25_000, 50_000]);
    expect(plan).toMatchObject({ cursor: 'p4', isFull: true, skipped: 1 });
    const next = planPage(plan, page(['slow'], ['fast']), paces, NOW + 60_000);
    expect(next.slots.map(({ atMs }) => atMs - NOW)).toEqual([75_000, 60_000]);
    expect(next).toMatchObject({ cursor: 'end', isFull: false });
    expect(planPage(next, page(), paces, NOW + 600_000).lines).toEqual({});
  });

  test('counts the sends of all who share a limit together', () => {
    const paces = pacesOf({ a: 100, b: 100 }, { limit: 4_000 });
    const plan = planPage({ cursor: '', lines: {} }, page(['a'], ['b'], ['a', 'b'], ['a']), paces, NOW);
    expect(plan.slots.map(({ atMs }) => atMs - NOW)).toEqual([0, 4_000, 8_000, 16_000]);
    const counts = new Map(Object.entries({ a: 10, b: 5 }));
    expect(previewOf('dead', counts, paces)).toMatchObject({ seconds: 60 });
  });

  test('tells how long it takes and what it costs', () => {
    const paces = pacesOf({ slow: 4_000, fast: 100 });
    const counts = new Map([
      ['slow', 100],
      ['fast', 900],
    ]);
    expect(previewOf('dead', counts, paces)).toEqual({
      count: 1_000,
      byDestination: { slow: 100, fast: 900 },
      seconds: 400,
      usd: 0.0086,
    });
    expect(previewOf('event', new Map([['fast', 10]]), paces)).toMatchObject({
      seconds: 1,
      usd: 0.000043,
    });
  });
});

describe('what a replay may be asked', () => {
  test('dead deliveries, until now at most', () => {
    expect(parseReplayInput({ state: 'dead', to: '2027-01-01T00:00:00Z' }, NOW)).toEqual({
      ok: true,
      value: { preview: false, filter: { state: 'dead', to: '2026-11-21T10:00:00.000Z' } },
    });
  });

  test('events of a topic and a time, written as times are kept', () => {
    const body = { id: 'mine', topic: 'a.b', from: '2026-11-20T12:00:00+02:00', to: '2026-11-21T00:00:00Z' };
    expect(parseReplayInput({ ...body, preview: true, destinations: ['ops'] }, NOW)).toEqual({
      ok: true,
      value: {
        id: 'mine',
        preview: true,
        filter: {
          topic: 'a.b',
          from: '2026-11-20T10:00:00.000Z',
          to: '2026-11-21T00:00:00.000Z',
          destinations: ['ops'],
        },
      },
    });
  });

  const events = { topic: 'a', from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:00:00Z' };
  test.each<[unknown, string]>([
    [[], ''],
    [{}, '/state'],
    [{ state: 'held' }, '/state'],
    [{ state: 'dead', reason: 'boredom' }, '/reason'],
    [{ state: 'dead', cause: 'exhausted' }, '/cause'],
    [{ state: 'dead', destination: 'A' }, '/destination'],
    [{ state: 'dead', from: 'yesterday' }, '/from'],
    [{ state: 'dead', from: '2026-11-22T00:00:00Z' }, '/from'],
    [{ state: 'dead', colour: 'red' }, '/colour'],
    [{ ...events, topic: 'a.*' }, '/topic'],
    [{ ...events, from: '2026-10-20T00:00:00Z' }, '/from'],
    [{ ...events, destinations: [] }, '/destinations'],
    [{ topic: 'a', from: events.from }, '/to'],
    [{ ...events, id: 'a#b' }, '/id'],
    [{ ...events, state: 'dead' }, '/state'],
  ])('%j is refused at %s', (body, pointer) => {
    const parsed = parseReplayInput(body, NOW);
    expect(parsed).toMatchObject({ ok: false, issues: [{ pointer }] });
  });
});
