import { expect, test } from 'vitest';
import { payloadOf } from '../../lib/core/payload.ts';
import { registry } from '../../lib/registry.ts';

test('is what every channel says itself; one that nobody knows gets text', () => {
  expect([...registry.keys()].map((name) => [name, payloadOf(name)])).toEqual(
    [...registry.values()].map(({ name, payload }) => [name, payload]),
  );
  expect(payloadOf('fax')).toBe('text');
});
