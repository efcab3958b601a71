import { expect, test } from 'vitest';
import { parseSampling } from '../../lib/core/sampling.ts';

const GIVEN = { oneIn: 100, bucket: 'fanfare-profiles-1a', label: 'DeliverSlack', bundle: 'deliver' };

test('is read as the deployment wrote it', () => {
  expect(parseSampling(JSON.stringify(GIVEN))).toEqual(GIVEN);
});

test.each<[string, string | undefined]>([
  ['nothing', undefined],
  ['no JSON', '1000'.repeat(2) + 'x'],
  ['a number', '1000'],
  ...Object.entries({
    oneIn: [0, -1, 0.5, '100', null],
    bucket: ['a/b', 'a.b', '', 5],
    label: ['../Timers', 'a/b', ''],
    bundle: ['..', undefined],
  }).flatMap(([name, values]) =>
    values.map((value): [string, string] => [
      `${name} ${value}`,
      JSON.stringify({ ...GIVEN, [name]: value }),
    ]),
  ),
])('%s samples nothing, and fails nothing', (_, text) => {
  expect(parseSampling(text)).toBeUndefined();
});
