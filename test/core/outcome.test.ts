import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { REASONS, type Reply, outcomeOf, retryAfterMs } from '../../lib/core/outcome.ts';

const NOW = Date.UTC(2026, 10, 21, 10, 0, 0);
const DAY = 86_400_000;

const reply = (status: number, headers: Record<string, string> = {}): Reply => ({
  kind: 'reply',
  status,
  headers,
  body: '',
});

describe('the default reading of a reply', () => {
  test.each([
    [200, 'delivered', undefined],
    [204, 'delivered', undefined],
    [301, 'reject', 'clientError'],
    [400, 'reject', 'clientError'],
    [401, 'reject', 'authError'],
    [403, 'reject', 'authError'],
    [404, 'reject', 'clientError'],
    [408, 'retry', 'timeout'],
    [410, 'gone', 'clientError'],
    [413, 'reject', 'tooLarge'],
    [425, 'retry', 'timeout'],
    [429, 'retry', 'rateLimited'],
    [500, 'maybe', 'serverError'],
    [503, 'maybe', 'serverError'],
  ])('%i is %s', (status, kind, reason) => {
    expect(outcomeOf(reply(status), NOW)).toEqual(reason ? { kind, reason } : { kind });
  });

  test.each([429, 503])('%i heeds Retry-After', (status) => {
    expect(outcomeOf(reply(status, { 'retry-after': '7' }), NOW)).toMatchObject({ afterMs: 7_000 });
  });

  test.each(REASONS)(
    'a request that had not begun is free to be repeated, unless it is ours to repair (%s)',
    (reason) => {
      const ours = ['render', 'settings', 'tooLarge'].includes(reason);
      const before = outcomeOf({ kind: 'failure', reason, started: false, detail: '' }, NOW);
      const within = outcomeOf({ kind: 'failure', reason, started: true, detail: '' }, NOW);
      expect([before.kind, within.kind]).toEqual(ours ? ['reject', 'reject'] : ['retry', 'maybe']);
    },
  );
});

describe('Retry-After', () => {
  test.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7_000],
    ['0.25', 250],
    ['1000000000', DAY],
    ['Sat, 21 Nov 2026 10:02:00 GMT', 120_000],
    ['Saturday, 21-Nov-26 10:02:00 GMT', 120_000],
    ['Sat, 21 Nov 2036 10:02:00 GMT', DAY],
    ['Sat, 21 Nov 2026 09:59:00 GMT', undefined],
    ['', undefined],
    ['-1', undefined],
    ['+5', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['NaN', undefined],
    ['soon', undefined],
    ['2026-11-21', undefined],
    ['9'.repeat(13), undefined],
    [undefined, undefined],
  ])('%j is %s ms', (value, expected) => {
    expect(retryAfterMs(value, NOW)).toBe(expected);
  });

  test('whatever it says, the wait is none or between 0 and 24 h', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.integer().map(String),
          fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
        ),
        (value) => {
          const wait = retryAfterMs(value, NOW) ?? 0;
          expect(wait >= 0 && wait <= DAY).toBe(true);
        },
      ),
    );
  });
});
