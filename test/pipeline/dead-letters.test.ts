import { describe, expect, test } from 'vitest';
import { derivedId } from '../../lib/core/canonical.ts';
import { type Catalog, EMPTY_CATALOG } from '../../lib/core/catalog.ts';
import { keys } from '../../lib/core/keys.ts';
import type { DeliveryPack } from '../../lib/core/message.ts';
import type { MetricName } from '../../lib/core/metrics.ts';
import { type DeadLetterDeps, buryDeadLetters } from '../../lib/pipeline/dead-letters.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { createDead } from '../../lib/stores/dead.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createFailovers } from '../../lib/stores/failovers.ts';
import { createEscalations } from '../../lib/stores/escalations.ts';
import { createSchedule } from '../../lib/stores/schedule.ts';
import { createRecipients } from '../../lib/stores/recipients.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { createPoison } from '../../lib/stores/poison.ts';
import { execute, getItems, insert } from '../../lib/stores/table.ts';
import { LEASE_MS, NOW, destination, record, toRecord, useRigs } from './rig.ts';

const newRig = useRigs();
const TTL = 2e9;

const catalog: Catalog = {
  ...EMPTY_CATALOG,
  destinations: new Map(['ops', 'dev'].map((id) => [id, destination(id)])),
  routes: [{ id: 'r', order: 1, destinations: ['ops', 'dev'] }],
};

const events = (ids: readonly string[], more: object = {}) => {
  const items = ids.map((id) => ({
    id,
    topic: 'a',
    time: '2026-11-21T10:00:00.000Z',
    lane: 'normal',
    data: {},
  }));
  return toRecord(JSON.stringify({ v: 1, kind: 'events', tenant: 'acme', pack: 'p1', items, ...more }));
};

async function openGraveyard() {
  const { store } = await newRig();
  const { ledger, clock, now } = store;
  const claims = createClaims(ledger);
  const fanOuts = createFanOuts(ledger, { now });
  const metrics = new Map<MetricName, number>();
  return {
    clock,
    claims,
    fanOuts,
    events: createEvents(ledger),
    escalations: createEscalations(ledger, { now }),
    metrics,
    ledger,
    run: (records: Parameters<typeof buryDeadLetters>[0], deps: Partial<DeadLetterDeps> = {}) =>
      buryDeadLetters(records, {
        catalog: async () => catalog,
        recipients: createRecipients(store.catalog, { now }),
        events: createEvents(ledger),
        read: claims.read,
        markDead: claims.markDead,
        logAttempts: createOutcomes(ledger, { now }).log,
        bury: createDead(ledger, { now }),
        record: fanOuts.record,
        schedule: createSchedule(ledger, { now }),
        escalations: createEscalations(ledger, { now }),
        failovers: createFailovers(ledger, { now }),
        hold: async () => new Set(),
        poison: createPoison(ledger, { now }),
        telemetry: {
          add: (metric, value = 1) => void metrics.set(metric, (metrics.get(metric) ?? 0) + value),
          log: () => undefined,
        },
        ttl: () => TTL,
        now,
        wait: () => Promise.resolve(),
        ...deps,
      }),
    async claim(event: string, to = 'ops', attempt = 1, owner = 'me'): Promise<void> {
      const ref = { tenant: 'acme', event, destination: to };
      const own = { owner, k: 0, i: 0, attempt, leaseUntil: clock.ms + LEASE_MS, ttl: TTL };
      await claims.claim([{ kind: attempt === 1 ? 'insert' : 'advance', ref, own }]);
    },
    async release(event: string, attempt: number): Promise<void> {
      const ref = { tenant: 'acme', event, destination: 'ops' };
      const write = {
        ref,
        owner: 'me',
        state: 'retrying',
        attempt,
        channel: 'chat',
        since: NOW,
        nextAtMs: NOW,
      } as const;
      await createOutcomes(ledger, { now }).write([write], () => TTL);
    },
    /** The attempt of nobody that is known. */
    async attempt(event: string, to = 'ops') {
      const key = keys.attempt('acme', event, to, 1, '-');
      return [...(await getItems(ledger, [key])).values()][0];
    },
    async item(event: string, to = 'ops') {
      const key = keys.claim('acme', event, to);
      return [...(await getItems(ledger, [key])).values()][0];
    },
  };
}

describe('a dead delivery message', () => {
  test('whose delivery was never claimed gives it up, with its content', async () => {
    const yard = await openGraveyard();
    await execute(yard.ledger, [insert(yard.ledger, { ...keys.event('acme', 'e1'), body: '{}' })]);
    expect(await yard.run([record(['e1', 'e2'])])).toEqual([]);
    expect(await yard.item('e1')).toMatchObject({
      state: 'dead',
      reason: 'exhausted',
      attempt: 1,
      channel: 'chat',
      content: expect.stringContaining('Title'),
      open: expect.stringMatching(/^T#acme#U/),
    });
    expect(await yard.item('e2')).toMatchObject({ state: 'dead' });
    expect(yard.metrics.get('Dead')).toBe(2);
    const [event] = (await getItems(yard.ledger, [keys.event('acme', 'e1')])).values();
    expect(event).toMatchObject({ hasDead: true });
  });

  test('of a topic without claims may have arrived, and its record says so', async () => {
    const yard = await openGraveyard();
    const pack: DeliveryPack = JSON.parse(record(['e1']).body);
    const body = JSON.stringify({ ...pack, items: [{ ...pack.items[0], mode: 'claimsOff' }] });
    expect(await yard.run([toRecord(body)])).toEqual([]);
    expect(await yard.item('e1')).toMatchObject({ state: 'dead', reason: 'exhausted' });
    expect(await yard.attempt('e1')).toMatchObject({ n: 1, outcome: 'maybe', reason: 'crashed' });
  });

  test('of at most once, whose worker fell silent, is ambiguous and not exhausted', async () => {
    const yard = await openGraveyard();
    await yard.claim('e1');
    await yard.claim('e2');
    yard.clock.ms += LEASE_MS;
    const pack = JSON.parse(record(['e1', 'e2']).body) as { items: object[] };
    const items = [{ ...pack.items[0], mode: 'atMostOnce' }, pack.items[1]];
    expect(await yard.run([toRecord(JSON.stringify({ ...pack, items }))])).toEqual([]);
    expect(await yard.item('e1')).toMatchObject({ state: 'dead', reason: 'ambiguous' });
    expect(await yard.item('e2')).toMatchObject({ state: 'dead', reason: 'exhausted' });
  });

  test('of an ordered topic stands for the attempt that the ledger says', async () => {
    const yard = await openGraveyard();
    await yard.claim('e1');
    await yard.release('e1', 1);
    expect(await yard.run([record(['e1'], { order: 'orders#1' })])).toEqual([]);
    expect(await yard.item('e1')).toMatchObject({ state: 'dead', reason: 'exhausted', attempt: 2 });
  });

  test('keeps the mode of its topic for another round, which is claimed in any case', async () => {
    const yard = await openGraveyard();
    const pack = JSON.parse(record(['e1', 'e2']).body) as { items: object[] };
    const modes = ['atMostOnce', 'claimsOff'];
    const items = pack.items.map((item, index) => ({ ...item, mode: modes[index] }));
    expect(await yard.run([toRecord(JSON.stringify({ ...pack, items }))])).toEqual([]);
    expect((await yard.item('e1'))?.['mode']).toBe('atMostOnce');
    expect(await yard.item('e2')).not.toHaveProperty('mode');
  });

  test('of a later release stays where it is', async () => {
    const yard = await openGraveyard();
    const later = toRecord(JSON.stringify({ v: 2, kind: 'deliveries', parcels: [] }));
    expect(await yard.run([later, record(['e1'])])).toEqual([later.messageId]);
    expect(await yard.item('e1')).toMatchObject({ state: 'dead' });
  });

  test('with a live lease is left to its owner, and comes again', async () => {
    const yard = await openGraveyard();
    await yard.claim('e1');
    const message = record(['e1', 'e2']);
    expect(await yard.run([message])).toEqual([message.messageId]);
    expect(await yard.item('e1')).toMatchObject({ state: 'sending' });
    expect(await yard.item('e2')).toMatchObject({ state: 'dead' });
    yard.clock.ms += LEASE_MS;
    expect(await yard.run([message])).toEqual([]);
    expect(await yard.item('e1')).toMatchObject({ state: 'dead' });
  });

  test('whose owner fell silent goes on record as one that may have arrived', async () => {
    const yard = await openGraveyard();
    await yard.claim('e1');
    yard.clock.ms += LEASE_MS;
    const unlogged = async () => [{ kind: 'unknown', code: 'Throttled' }] as const;
    expect(await yard.run([record(['e1'])], { logAttempts: unlogged })).toHaveLength(1);
    expect(await yard.item('e1')).toMatchObject({ state: 'sending' });
    expect(await yard.run([record(['e1'])])).toEqual([]);
    expect(await yard.item('e1')).toMatchObject({ state: 'dead' });
    const attempt = keys.attempt('acme', 'e1', 'ops', 1, 'me');
    const [logged] = (await getItems(yard.ledger, [attempt])).values();
    expect(logged).toMatchObject({ outcome: 'maybe', reason: 'crashed' });
  });

  test('that is told delivered by a completion record changes nothing', async () => {
    const yard = await openGraveyard();
    await yard.claim('e1');
    await yard.claims.complete({
      tenant: 'acme',
      owner: 'me',
      k: 0,
      completion: { n: 1, notDelivered: [] },
      ttl: TTL,
    });
    yard.clock.ms += LEASE_MS;
    expect(await yard.run([record(['e1'])])).toEqual([]);
    expect(await yard.item('e1')).toMatchObject({ state: 'sending' });
    expect(yard.metrics.get('Dead')).toBeUndefined();
  });

  test.each([
    [1, 'retrying', 'the attempt is over, message 2 carries it on'],
    [2, 'dead', 'it may claim'],
    [3, 'retrying', 'message 2 is on its way'],
  ])('%i against a delivery released at 1: %s, because %s', async (n, state) => {
    const yard = await openGraveyard();
    await yard.claim('e1');
    await yard.release('e1', 1);
    expect(await yard.run([record(['e1'], { n })])).toEqual([]);
    expect(await yard.item('e1')).toMatchObject({ state });
  });

  test('that holds a delivery twice buries it once', async () => {
    const yard = await openGraveyard();
    expect(await yard.run([record(['e1', 'e1'])])).toEqual([]);
    expect(await yard.item('e1')).toMatchObject({ state: 'dead' });
  });

  test('comes again when its delivery is claimed between look and write', async () => {
    const yard = await openGraveyard();
    const read: DeadLetterDeps['read'] = async (refs) => {
      const seen = await yard.claims.read(refs);
      await yard.claim('e1');
      return seen;
    };
    const message = record(['e1']);
    expect(await yard.run([message], { read })).toEqual([message.messageId]);
    expect(await yard.item('e1')).toMatchObject({ state: 'sending' });
  });
});

describe('a dead event message', () => {
  test('gives up every delivery it should have led to', async () => {
    const yard = await openGraveyard();
    expect(await yard.run([events(['e1', 'e2'])])).toEqual([]);
    for (const id of ['e1', 'e2']) {
      for (const to of ['ops', 'dev']) {
        expect(await yard.item(id, to)).toMatchObject({ state: 'dead', reason: 'fanOut', attempt: 0 });
      }
    }
    const key = { tenant: 'acme', topic: 'a', hour: '2026-11-21T10', pack: 'p1' };
    expect((await yard.fanOuts.read([key]))[0]?.destinations.get('e1')).toEqual(['ops', 'dev']);
  });

  test('says of those without claims that they may have arrived, once an earlier run may have sent them', async () => {
    const topics: Catalog['topics'] = [{ id: 't', topics: ['a'], claims: 'off' }];
    const run = async (yard: Awaited<ReturnType<typeof openGraveyard>>) => {
      expect(await yard.run([events(['e1'])], { catalog: async () => ({ ...catalog, topics }) })).toEqual([]);
      expect(await yard.item('e1')).toMatchObject({ state: 'dead', reason: 'fanOut' });
      return await yard.attempt('e1');
    };
    expect(await run(await openGraveyard())).toBeUndefined();

    const yard = await openGraveyard();
    const key = { tenant: 'acme', topic: 'a', hour: '2026-11-21T10', pack: 'p1' };
    const destinations = new Map([['e1', ['ops', 'dev']]]);
    await yard.fanOuts.record([{ ...key, destinations, mode: 'claimsOff' }], () => TTL);
    expect(await run(yard)).toMatchObject({ n: 1, outcome: 'maybe' });
  });

  test('gives them up in the mode that was written down', async () => {
    const yard = await openGraveyard();
    const topics: Catalog['topics'] = [{ id: 't', topics: ['a'], mode: 'atMostOnce' }];
    expect(await yard.run([events(['e1'])], { catalog: async () => ({ ...catalog, topics }) })).toEqual([]);
    expect((await yard.item('e1'))?.['mode']).toBe('atMostOnce');
  });

  test('goes by what was written down, not by the catalog of today', async () => {
    const yard = await openGraveyard();
    const fanOut = {
      tenant: 'acme',
      topic: 'a',
      hour: '2026-11-21T10',
      pack: 'p1',
      destinations: new Map([['e1', ['old']]]),
    };
    await yard.fanOuts.record([fanOut], () => TTL);
    expect(await yard.run([events(['e1'])])).toEqual([]);
    expect(await yard.item('e1', 'old')).toMatchObject({ state: 'dead', channel: 'unknown' });
    expect(await yard.item('e1', 'ops')).toBeUndefined();
  });

  test('is escalated all the same: nobody else hears of it', async () => {
    const yard = await openGraveyard();
    const escalate = { steps: [{ afterMs: 60_000, destinations: ['dev'] }] };
    const routes = catalog.routes.map((route) => Object.assign({ escalate }, route));
    expect(await yard.run([events(['e1'])], { catalog: async () => ({ ...catalog, routes }) })).toEqual([]);
    const { opener, state } = (await yard.escalations.read('acme', ['e1'])).get('e1') ?? {};
    expect([opener, state]).toEqual(['e1', 'open']);
    const step = derivedId('es', 'e1', 'e1', 'r', '0', '0');
    expect((await yard.events.read('acme', [step])).has(step)).toBe(true);
    const down = {
      ...yard.escalations,
      move: async () => [{ kind: 'unknown', code: 'Throttling' } as const],
    };
    const message = events(['e2'], { pack: 'p2' });
    const asked = { catalog: async () => ({ ...catalog, routes }), escalations: down };
    expect(await yard.run([message], asked)).toEqual([message.messageId]);
  });

  test('leaves existing claims alone, and is done with them', async () => {
    const yard = await openGraveyard();
    await yard.claim('e1', 'ops');
    expect(await yard.run([events(['e1'])])).toEqual([]);
    expect(await yard.item('e1', 'ops')).toMatchObject({ state: 'sending', owner: 'me' });
    expect(await yard.item('e1', 'dev')).toMatchObject({ state: 'dead' });
  });

  test('is done with a delivery that is claimed between look and write', async () => {
    const yard = await openGraveyard();
    const read: DeadLetterDeps['read'] = async (refs) => {
      const seen = await yard.claims.read(refs);
      await yard.claim('e1', 'ops');
      return seen;
    };
    expect(await yard.run([events(['e1'])], { read })).toEqual([]);
    expect(await yard.item('e1', 'ops')).toMatchObject({ state: 'sending' });
  });

  test('leaves alone what an earlier run has enqueued before its cursor', async () => {
    const yard = await openGraveyard();
    expect(await yard.run([events(['e1', 'e2'], { cursor: 3 })])).toEqual([]);
    expect(await yard.item('e2', 'ops')).toBeUndefined();
    expect(await yard.item('e2', 'dev')).toMatchObject({ state: 'dead' });
  });
});

describe('a dead letter', () => {
  test.each<[string, Partial<DeadLetterDeps>]>([
    ['claims cannot be read', { read: () => Promise.reject(new Error('no table')) }],
    ['the catalog cannot be read', { catalog: () => Promise.reject(new Error('no table')) }],
    [
      'its event cannot be marked',
      { markDead: async (list) => list.map(() => ({ kind: 'unknown', code: 'x' })) },
    ],
    ['its burial is not known', { bury: async (list) => list.map(() => ({ kind: 'unknown', code: 'x' })) }],
  ])('comes again when %s', async (_, deps) => {
    const yard = await openGraveyard();
    const [a, b] = [record(['e1']), events(['e2'])];
    expect(await yard.run([a, b], deps)).toEqual([a.messageId, b.messageId]);
  });

  test('that nobody can read is recorded, and blocks nobody', async () => {
    const yard = await openGraveyard();
    expect(await yard.run([toRecord('{'), record(['e1'])])).toEqual([]);
    expect(await yard.item('e1')).toMatchObject({ state: 'dead' });
    expect(yard.metrics.get('Malformed')).toBe(1);
  });
});
