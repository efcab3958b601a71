import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Catalog, EMPTY_CATALOG } from '../../lib/core/catalog.ts';
import { DEAD_REASONS, DISCARD_REASONS, STATES } from '../../lib/core/delivery.ts';
import type { Event } from '../../lib/core/event.ts';
import {
  FAILOVER_AFTER_MS,
  FAILOVER_PACK,
  type Failover,
  type Standing,
  failoverEvent,
  failoverPack,
  fateOf,
  plannedFailovers,
  watchedIn,
  watchesOf,
} from '../../lib/core/failover.ts';
import type { FanOut } from '../../lib/core/fan-out.ts';
import { endEvent, stepEvent } from '../../lib/core/escalation.ts';
import { compileRoutes } from '../../lib/core/route.ts';

const NOW = Date.UTC(2026, 10, 21, 10);

function catalogOf(failovers: Readonly<Record<string, Failover | undefined>>): Catalog {
  const destinations = Object.entries(failovers).map(([id, failover]) => {
    return [id, { id, channel: 'chat', settings: {}, enabled: true, ...(failover && { failover }) }] as const;
  });
  return { ...EMPTY_CATALOG, destinations: new Map(destinations) };
}

const fanOut = (lists: Readonly<Record<string, readonly string[]>>, more: Partial<FanOut> = {}): FanOut => ({
  tenant: 'acme',
  topic: 'note',
  hour: '2026-11-21T10',
  pack: 'p1',
  destinations: new Map(Object.entries(lists)),
  ...more,
});

const event: Event = {
  id: 'e1',
  topic: 'note',
  time: '2026-11-21T10:00:00.000Z',
  lane: 'normal',
  data: { title: 'Disk full' },
};

describe('what becomes of a delivery whose time is over', () => {
  test.each<[string, Standing, string]>([
    ['nobody has claimed it', { state: 'pending' }, 'failsOver'],
    ['it was delivered', { state: 'delivered' }, 'settled'],
    ['it waits for its next attempt', { state: 'retrying', reason: 'timeout' }, 'failsOver'],
    ['nobody knows whether it was accepted', { state: 'held', reason: 'ambiguous' }, 'failsOver'],
    ['its destination is paused', { state: 'held', reason: 'paused' }, 'failsOver'],
    ['it waits for others', { state: 'held', reason: 'digest' }, 'settled'],
    ['it waits for the morning', { state: 'held', reason: 'quietHours' }, 'settled'],
    ['somebody is sending it', { state: 'sending', leaseUntil: NOW + 1 }, 'underWay'],
    ['whoever was sending it is gone', { state: 'sending', leaseUntil: NOW }, 'failsOver'],
  ])('%s', (_, standing, fate) => {
    expect(fateOf(standing, NOW)).toBe(fate);
  });

  test('of every death others hear', () => {
    for (const reason of DEAD_REASONS) expect(fateOf({ state: 'dead', reason }, NOW)).toBe('failsOver');
  });

  test('of what was discarded only when its provider calls the destination gone', () => {
    const passedOn = DISCARD_REASONS.filter(
      (reason) => fateOf({ state: 'discarded', reason }, NOW) === 'failsOver',
    );
    expect(passedOn).toEqual(['gone']);
  });

  test('only a live lease is waited for, whatever else there is', () => {
    const standing = fc.record({
      state: fc.constantFrom(...STATES),
      reason: fc.option(fc.constantFrom(...DEAD_REASONS, ...DISCARD_REASONS, 'paused', 'digest'), {
        nil: undefined,
      }),
      leaseUntil: fc.option(fc.integer({ min: NOW - 10, max: NOW + 10 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(standing, (one) => {
        const isLive = one.state === 'sending' && (one.leaseUntil ?? 0) > NOW;
        expect(fateOf(one, NOW) === 'underWay').toBe(isLive);
      }),
    );
  });
});

describe('what is watched', () => {
  const catalog = catalogOf({
    slack: { to: 'mail', afterMs: 60_000 },
    chat: { to: 'mail' },
    mail: undefined,
  });

  test('one watch for each time, with the destinations of all events', () => {
    const planned = watchesOf(fanOut({ e1: ['slack', 'mail'], e2: ['chat', 'slack'], e3: [] }), catalog);
    expect(planned.map(({ afterMs, destinations }) => [afterMs, destinations])).toEqual([
      [60_000, ['slack']],
      [FAILOVER_AFTER_MS, ['chat']],
    ]);
    expect(watchedIn(planned[0]!, fanOut({ e1: ['slack', 'mail'], e2: ['chat', 'slack'] }))).toEqual([
      { tenant: 'acme', event: 'e1', destination: 'slack' },
      { tenant: 'acme', event: 'e2', destination: 'slack' },
    ]);
  });

  test.each<[string, FanOut, Catalog]>([
    ['where no destination has a failover', fanOut({ e1: ['mail'] }), catalogOf({ mail: undefined })],
    ['of a destination without one', fanOut({ e1: ['mail'] }), catalog],
    ['of what belongs to a person', fanOut({ e1: ['ada.slack'] }), catalog],
    ['of what leaves no trace', fanOut({ e1: ['slack'] }, { mode: 'claimsOff' }), catalog],
    ['of what waits for a window', fanOut({ e1: [] }, { held: new Map([['e1', ['slack']]]) }), catalog],
  ])('nothing %s', (_, record, of) => {
    expect(watchesOf(record, of)).toEqual([]);
  });
});

test('a plan names each destination once, in their order, and ends', () => {
  const ids = ['a', 'b', 'c', 'd'] as const;
  const next = fc.option(
    fc.record({ to: fc.constantFrom(...ids), afterMs: fc.integer({ min: 1, max: 9 }) }),
    {
      nil: undefined,
    },
  );
  fc.assert(
    fc.property(fc.record({ a: next, b: next, c: next, d: next }), (failovers) => {
      const planned = plannedFailovers('a', catalogOf(failovers), NOW);
      const passed = ['a', ...planned.map(({ to }) => to)];
      expect(new Set(passed).size).toBe(passed.length);
      planned.forEach(({ to }, index) => expect(failovers[passed[index] as 'a']?.to).toBe(to));
      const last = failovers[passed.at(-1) as 'a'];
      expect(last === undefined || passed.includes(last.to)).toBe(true);
      const waits = passed.slice(0, -1).map((id) => failovers[id as 'a']!.afterMs);
      const sum = waits.reduce((total, one) => total + one, 0);
      expect(planned.at(-1)?.at).toBe(planned.length > 0 ? new Date(NOW + sum).toISOString() : undefined);
    }),
  );
});

describe('the copy that goes to the next', () => {
  const failsOver = { from: 'slack', state: 'dead', reason: 'rejected' } as const;
  const copy = failoverEvent(event, 'mail', failsOver);

  test('is the same event, says why it comes, and goes nowhere else', () => {
    expect(copy).toMatchObject({
      id: 'e1',
      to: ['mail'],
      data: { title: 'Not accepted by slack: Disk full' },
    });
    const routes = [{ id: 'all', order: 1, destinations: ['slack'], recipients: ['ada'], template: 'short' }];
    const matching = compileRoutes(routes);
    expect(matching(copy)).toEqual([{ destinations: ['mail'], template: 'short' }]);
    const more = { recipients: ['ada'], replayOf: 'e0' };
    expect(matching({ ...copy, ...more })).toEqual([{ destinations: ['mail'], template: 'short' }]);
  });

  test('can be acknowledged where the first could have been, but not in place of a group', () => {
    const escalate = { steps: [{ afterMs: 60_000, destinations: ['boss'] }] };
    const group = { by: [], waitMs: 1, intervalMs: 1, repeatMs: 1 };
    const route = { id: 'all', order: 1, destinations: ['slack'], escalate };
    expect(compileRoutes([route])(copy)).toEqual([{ destinations: ['mail'], escalate }]);
    expect(compileRoutes([{ ...route, group }])(copy)).toEqual([{ destinations: ['mail'] }]);
  });

  test('leaves no mark on the end of what it is a step of', () => {
    const escalates = { opener: 'e0', incident: 'i', route: 'r', step: 0, round: 0 };
    const step = stepEvent(event, escalates, { afterMs: 1, destinations: ['slack'] }, NOW);
    const end = endEvent(failoverEvent(step, 'mail', failsOver), { ...escalates, told: ['mail'] }, NOW);
    expect(end).not.toHaveProperty('failsOver');
    expect(end.data['title']).toBe('Over: Disk full');
  });

  test('travels in a pack that is known by its name', () => {
    expect(failoverPack('e1', 'slack')).toMatch(FAILOVER_PACK);
    expect(failoverPack('e1', 'slack')).toBe(failoverPack('e1', 'slack'));
    expect(failoverPack('e1', 'mail')).not.toBe(failoverPack('e1', 'slack'));
    expect('fo_AAAAAAAAAAAAAAAAAAA').not.toMatch(FAILOVER_PACK);
  });
});
