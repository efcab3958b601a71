import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { alertmanagerAlert, isPlain } from '../../../lib/core/sources/alertmanager.ts';

const near = (limit: number) => fc.integer({ min: limit - 2, max: limit + 2 }).map((n) => 'x'.repeat(n));
const wide = (limit: number) => fc.integer({ min: limit - 2, max: limit + 2 }).map((n) => '語'.repeat(n));
const value = fc.oneof(
  { weight: 8, arbitrary: fc.string({ maxLength: 10 }) },
  near(1_024),
  near(341),
  wide(341),
  fc.constant(1),
);
const name = fc.oneof(
  { weight: 20, arbitrary: fc.stringMatching(/^[a-z]{1,8}$/) },
  near(255),
  wide(85),
  fc.constant(''),
);
const time = fc.constantFrom(
  '2026-11-21T10:00:00Z',
  '0001-01-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  'now',
  5,
);
const mostly = (usual: unknown, ...others: readonly unknown[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, fc.constantFrom(...others));

const alert = fc.record(
  {
    status: mostly('firing', 'resolved', 'pending', undefined),
    labels: fc.oneof(
      { weight: 8, arbitrary: fc.dictionary(name, value, { maxKeys: 4 }) },
      fc.dictionary(name, value, { minKeys: 63, maxKeys: 66 }),
      fc.constantFrom([], null, 'a'),
    ),
    annotations: fc.oneof({ weight: 4, arbitrary: fc.dictionary(name, value) }, fc.constantFrom(null, [])),
    startsAt: fc.oneof({ weight: 8, arbitrary: fc.constant('2026-11-21T10:00:00.123Z') }, time),
    endsAt: time,
    fingerprint: fc.oneof(
      { weight: 8, arbitrary: fc.constant('d62d222d6be52ffc') },
      near(128),
      fc.constant(7),
    ),
    beside: fc.jsonValue(),
  },
  { requiredKeys: ['status', 'labels', 'startsAt'] },
);

test('an alert that is checked by hand is one that the schema lets pass as it is', () => {
  let plain = 0;
  fc.assert(
    fc.property(alert, fc.boolean(), (given, isNamed) => {
      const labels =
        isNamed && !Array.isArray(given.labels) ? { ...Object(given.labels), alertname: 'A' } : given.labels;
      const input: unknown = { ...given, labels };
      if (!isPlain(input)) return;
      plain++;
      expect(alertmanagerAlert.safeParse(input)).toEqual({ success: true, data: input });
    }),
    { numRuns: 3_000 },
  );
  expect(plain).toBeGreaterThan(100);
});
