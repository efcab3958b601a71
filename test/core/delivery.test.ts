import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deliveryId, isTerminal, parseDeliveryId, wireId } from '../../lib/core/delivery.ts';

const eventIds = fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/);
const names = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,62}$/);

describe('a delivery', () => {
  test('its id reads both ways', () => {
    fc.assert(
      fc.property(eventIds, names, (event, destination) => {
        expect(parseDeliveryId(deliveryId(event, destination))).toEqual({ event, destination });
      }),
    );
  });

  test.each(['', 'e1', ':', 'e1:', ':d', 'e1:d:x'])('%j is no delivery', (id) => {
    expect(parseDeliveryId(id)).toBeUndefined();
  });

  test('the id on the wire is the same for every attempt, and another for every tenant', () => {
    expect(wireId('acme', 'e1', 'ops')).toBe(wireId('acme', 'e1', 'ops'));
    expect(wireId('acme', 'e1', 'ops')).not.toBe(wireId('emca', 'e1', 'ops'));
  });

  test('the id on the wire has no dot, and fits into a header', () => {
    fc.assert(
      fc.property(names, eventIds, names, (tenant, event, destination) => {
        expect(wireId(tenant, event, destination)).toMatch(/^msg_[A-Za-z0-9_-]{27}$/);
      }),
    );
  });

  test('three states are the end of it', () => {
    const states = ['pending', 'held', 'sending', 'retrying', 'delivered', 'dead', 'discarded'] as const;
    expect(states.filter(isTerminal)).toEqual(['delivered', 'dead', 'discarded']);
  });
});
