import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../lib/core/event.ts';
import { type Told, type Turn, incidentOf, judgeTurn, readIncident } from '../../lib/core/incident.ts';
import { isoTime } from '../../lib/core/iso-time.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const MINUTE = 60_000;

function alert(data: Event['data'], atMs = NOW): Event {
  const time = isoTime(atMs);
  return { id: 'e1', topic: 'alert.firing', time, lane: 'normal', dedupeKey: 'disk', data };
}

function withoutKey(data: Event['data']): Event {
  const { dedupeKey: _, ...event } = alert(data);
  return event;
}

const seqOf = (data: Event['data'], atMs?: number): number | undefined =>
  incidentOf(alert(data, atMs), NOW)?.seq;

describe('the incident of an event', () => {
  test('is the same for all that have its key, and another for another key', () => {
    const firing = incidentOf(alert({ status: 'firing' }), NOW);
    expect(incidentOf(alert({ status: 'resolved' }), NOW)?.id).toBe(firing?.id);
    expect(incidentOf({ ...alert({ status: 'firing' }), dedupeKey: 'other' }, NOW)?.id).not.toBe(firing?.id);
    expect(firing?.id).toMatch(/^[A-Za-z0-9_-]{30}$/);
  });

  test.each([
    ['no alert', alert({})],
    ['an alert of a state that nobody knows', alert({ status: 'odd' })],
    ['an alert without a key', withoutKey({ status: 'firing' })],
  ])('is none for %s', (_, event) => {
    expect(incidentOf(event, NOW)).toBeUndefined();
  });

  test('puts an end after what it ends, also where both are said to have happened at once', () => {
    const startsAt = isoTime(NOW - MINUTE);
    const firing = seqOf({ status: 'firing', startsAt })!;
    expect(seqOf({ status: 'resolved', startsAt, endsAt: startsAt })).toBe(firing + 1);
    // Its clock went back.
    expect(seqOf({ status: 'resolved', startsAt, endsAt: isoTime(NOW - 2 * MINUTE) })).toBe(firing + 1);
    expect(seqOf({ status: 'resolved', startsAt })).toBeGreaterThan(firing);
  });

  test('goes by when an alert began, however long ago, and not by when it was posted', () => {
    const startsAt = isoTime(NOW - 90 * 86_400_000);
    expect(seqOf({ status: 'firing', startsAt })).toBe(2 * Date.parse(startsAt));
    expect(seqOf({ status: 'firing' }, NOW - MINUTE)).toBe(2 * (NOW - MINUTE));
    expect(seqOf({ status: 'firing', startsAt: 'yesterday' })).toBe(2 * NOW);
  });

  test('takes what a clock says that is ahead by a little, so that an end seen by another worker comes after it', () => {
    const startsAt = isoTime(NOW + MINUTE);
    expect(seqOf({ status: 'firing', startsAt })).toBe(2 * (NOW + MINUTE));
    expect(seqOf({ status: 'resolved', startsAt, endsAt: startsAt })).toBe(2 * (NOW + MINUTE) + 1);
  });

  test('lets no time that is yet to come keep back all that follows', () => {
    const startsAt = '2099-01-01T00:00:00Z';
    expect(seqOf({ status: 'firing', startsAt })).toBe(2 * NOW);
    expect(seqOf({ status: 'resolved', startsAt, endsAt: startsAt })).toBe(2 * NOW + 1);
  });
});

test('what a message carries is an incident or none', () => {
  expect(readIncident({ id: 'a', seq: 7, more: 1 })).toEqual({ id: 'a', seq: 7 });
  for (const odd of [undefined, null, 'a', [], {}, { id: 'a' }, { id: '', seq: 1 }, { id: 'a', seq: '1' }])
    expect(readIncident(odd)).toBeUndefined();
  expect(readIncident({ id: 'a', seq: Number.NaN })).toBeUndefined();
});

describe('a turn', () => {
  const message = { providerId: 'm1', place: 'here' };
  const turn = (seq: number, more: Partial<Turn> = {}): Turn => ({
    takenBy: 'other',
    seq,
    untilMs: NOW + 1,
    ...more,
  });
  const judged = (told: Told, seq = 10) => judgeTurn(told, { takenBy: 'me', seq }, NOW);

  test('is free where nothing was told, nothing newer, or the same', () => {
    expect(judged({})).toEqual({ kind: 'free', told: {} });
    expect(judged({ lastSeq: 9, message })).toEqual({ kind: 'free', told: { lastSeq: 9, message } });
    expect(judged({ lastSeq: 10, ended: true, message })).toMatchObject({ kind: 'free' });
  });

  test('is not to be had for what is older than what was told, whoever tells something now', () => {
    expect(judged({ lastSeq: 11 })).toEqual({ kind: 'superseded' });
    expect(judged({ lastSeq: 11, inFlight: turn(12) })).toEqual({ kind: 'superseded' });
  });

  test('is waited for while another has it, be that newer or older', () => {
    for (const seq of [9, 10, 11])
      expect(judged({ inFlight: turn(seq) })).toEqual({ kind: 'busy', untilMs: NOW + 1 });
  });

  test('that we have is ours: the reply to an earlier write was lost', () => {
    expect(judged({ lastSeq: 9, inFlight: turn(10, { takenBy: 'me' }) })).toEqual({
      kind: 'free',
      told: { lastSeq: 9 },
    });
  });

  test('that has lapsed counts as told: whoever fell silent may have been heard', () => {
    expect(judged({ inFlight: turn(11, { untilMs: NOW }) })).toEqual({ kind: 'superseded' });
    expect(judged({ message, inFlight: turn(10, { untilMs: NOW }) })).toEqual({
      kind: 'free',
      told: { lastSeq: 10, message },
    });
  });

  test('that lapsed after the end leaves no message that anybody knows of', () => {
    const told = { lastSeq: 5, ended: true, message };
    expect(judged({ ...told, inFlight: turn(8, { untilMs: NOW }) })).toEqual({
      kind: 'free',
      told: { lastSeq: 8 },
    });
    expect(judged({ ...told, inFlight: turn(5, { untilMs: NOW }) })).toEqual({ kind: 'free', told });
  });

  test('never lets what was told go back', () => {
    const seq = fc.integer({ min: 0, max: 20 });
    const held = fc.record({
      takenBy: fc.constantFrom('me', 'other'),
      seq,
      untilMs: fc.constantFrom(NOW, NOW + 1),
    });
    fc.assert(
      fc.property(fc.option(seq), fc.option(held), seq, (lastSeq, inFlight, wanted) => {
        const told = { ...(lastSeq !== null && { lastSeq }), ...(inFlight && { inFlight }) };
        const judgement = judged(told, wanted);
        if (judgement.kind !== 'free') return;
        expect(wanted).toBeGreaterThanOrEqual(lastSeq ?? 0);
        expect(judgement.told.lastSeq ?? -1).toBeGreaterThanOrEqual(lastSeq ?? -1);
        expect(inFlight?.takenBy === 'other' && inFlight.untilMs > NOW).toBe(false);
      }),
    );
  });
});
