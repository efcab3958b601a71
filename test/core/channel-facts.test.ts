import { expect, test } from 'vitest';
import { CHANNEL_FACTS, payloadOf } from '../../lib/core/channel-facts.ts';
import { registry } from '../../lib/registry.ts';

test('are what every channel says itself', () => {
  const facts = [...registry.keys()].map((name) => [name, payloadOf(name), CHANNEL_FACTS.get(name)?.rate]);
  expect(facts).toEqual([...registry.values()].map(({ name, payload, rate }) => [name, payload, rate]));
  expect([...CHANNEL_FACTS.keys()].filter((name) => !registry.has(name))).toEqual([]);
});

test('say of a channel that nobody knows that it gets text', () => {
  expect(payloadOf('fax')).toBe('text');
});
