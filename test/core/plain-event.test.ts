import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventInput } from '../../lib/core/event-input.ts';
import { isPlainEvent } from '../../lib/core/plain-event.ts';

const mostly = (usual: fc.Arbitrary<unknown>, ...others: readonly unknown[]) =>
  fc.oneof({ weight: 12, arbitrary: usual }, fc.constantFrom(...others, null, 5));
const text = (least: number, most: number) =>
  fc.integer({ min: least, max: most }).map((length) => 'x'.repeat(length));
const attribute = mostly(fc.string({ minLength: 1, maxLength: 9 }), '', 'x'.repeat(512), 'x'.repeat(513));
/** The reader of bodies lets this one not through. */
const memberName = fc.string().filter((one) => one !== '__proto__');

const twoDigits = (least: number, most: number) =>
  fc.integer({ min: least, max: most }).map((number) => String(number).padStart(2, '0'));
/** Times that mostly are none, among them those that only one of two readers might take. */
const time = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom('2026', '2024', '0000', '1900', '2000'),
        twoDigits(1, 13),
        twoDigits(0, 32),
        twoDigits(22, 25),
        twoDigits(58, 61),
        twoDigits(58, 61),
        fc.constantFrom('', '', '.1', '.123456789', '.1234567890', '.'),
        fc.constantFrom('Z', 'Z', 'z', '+02:00', ''),
      )
      .map(
        ([year, month, day, hh, mm, ss, rest, zone]) =>
          `${year}-${month}-${day}T${hh}:${mm}:${ss}${rest}${zone}`,
      ),
  },
  fc.constantFrom(
    '2026-11-21T10:00:00Z',
    '2026-02-29T10:00:00Z',
    '2026-11-21 10:00:00Z',
    '2026-11-21t10:00:00Z',
  ),
);

const event = fc.record(
  {
    topic: mostly(
      fc.constantFrom('a', 'order.paid'),
      'a..b',
      'a b',
      'é',
      'a\n',
      'x'.repeat(128),
      'x'.repeat(129),
    ),
    data: mostly(fc.dictionary(memberName, fc.jsonValue()), [], 'a'),
    id: mostly(fc.constantFrom('order-4711'), '', 'a.b', 'x'.repeat(128), 'x'.repeat(129)),
    time,
    severity: mostly(fc.constantFrom('info', 'critical'), 'bad', 'constructor'),
    lane: mostly(fc.constantFrom('normal', 'urgent'), 'fast'),
    source: attribute,
    subject: attribute,
    dedupeKey: fc.oneof(attribute, text(510, 514)),
    recipients: fc.constant(['ada']),
    retentionDays: fc.constant(90),
    constructor: fc.constant(1),
  },
  { requiredKeys: [] },
);

test('an event that is checked by hand is one that the schema lets pass as it is', () => {
  let plain = 0;
  const rare = ['recipients', 'retentionDays', 'constructor'];
  fc.assert(
    fc.property(event, fc.constantFrom(...rare, '', '', '', ''), (given, kept) => {
      const members = Object.entries(given).filter(([name]) => name === kept || !rare.includes(name));
      // As it comes out of a body.
      const input: unknown = JSON.parse(JSON.stringify(Object.fromEntries(members)));
      if (!isPlainEvent(input)) return;
      plain++;
      expect(eventInput.safeParse(input)).toEqual({ success: true, data: input });
    }),
    { numRuns: 3_000 },
  );
  expect(plain).toBeGreaterThan(100);
});

test.each([
  [null],
  [[]],
  ['a'],
  [{}],
  [{ topic: 'a' }],
  [{ data: {} }],
  [{ topic: 'a', data: {}, expiresAt: 1 }],
])('what is none, or may be none, is left to the schema: %j', (input) =>
  expect(isPlainEvent(input)).toBe(false),
);
