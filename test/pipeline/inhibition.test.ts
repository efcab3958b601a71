import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Alert, draftOfAlert, identityOf } from '../../lib/core/alert.ts';
import { type Catalog, EMPTY_CATALOG } from '../../lib/core/catalog.ts';
import type { Event } from '../../lib/core/event.ts';
import { completeEvent } from '../../lib/core/event-input.ts';
import type { FanOut } from '../../lib/core/fan-out.ts';
import { createFiring } from '../../lib/pipeline/fan-out/firing.ts';
import { route } from '../../lib/pipeline/fan-out/route.ts';
import { createAlerts } from '../../lib/stores/alerts.ts';
import { createEventBodies } from '../../lib/stores/event-bodies.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createStandIns } from '../../lib/stores/stand-ins.ts';
import { createTallies } from '../../lib/stores/tallies.ts';
import { NOW, type Store, openStore } from '../stores/engines.ts';

let store: Store;
let tenant = '';
let tenants = 0;
let packs = 0;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());
beforeEach(() => {
  store.clock.ms = NOW;
  tenant = `i${tenants++}`;
});

const alertOf = (labels: Readonly<Record<string, string>>, status: Alert['status'] = 'firing'): Alert => ({
  source: 'prometheus',
  name: labels['alertname'] ?? '',
  status,
  labels,
  annotations: {},
  fingerprint: Object.values(labels).join('-'),
  startsAtMs: NOW,
});
const eventOf = (alert: Alert): Event =>
  completeEvent(draftOfAlert(alert, store.clock.ms), identityOf(alert), store.clock.ms);
const DOWN = alertOf({ alertname: 'ClusterDown', cluster: 'eu' });
const NODE = alertOf({ alertname: 'NodeDown', cluster: 'eu' });

const RULE = {
  id: 'cluster-down',
  source: { when: 'labels.alertname == "ClusterDown"' },
  target: { when: 'labels.alertname == "NodeDown"' },
  equal: ['cluster'],
};
const catalog = (more: Partial<Catalog> = {}): Catalog => ({
  ...EMPTY_CATALOG,
  routes: [{ id: 'all', order: 1, topics: ['*'], destinations: ['ops', 'dev'] }],
  inhibitions: [RULE],
  ...more,
});

/** A function of its own. */
function fanOut(rules = catalog()) {
  const alerts = createAlerts(store.ledger);
  const firing = createFiring({ list: (of) => alerts.list(of), now: store.now });
  const fanOuts = createFanOuts(store.ledger, { now: store.now });
  return async (...events: Event[]): Promise<readonly FanOut[]> => {
    const message = { v: 1, kind: 'events', tenant, pack: `p${packs++}`, items: events } as const;
    const record = { messageId: 'm', receiptHandle: 'r', body: '' };
    const [routed] = await route([{ record, message }], {
      catalog: async () => rules,
      firing,
      watches: { kept: async () => true },
      recipients: async () => new Map(),
      tallies: createTallies(store.ledger),
      standIns: createStandIns(store.ledger, store),
      bodies: createEventBodies(store.ledger),
      record: fanOuts.record,
      open: fanOuts.open,
      now: store.now,
      telemetry: { add: () => undefined, log: () => undefined },
    });
    return routed!.fanOuts;
  };
}

const write = (alert: Alert, untilMs: number, seen?: number) =>
  createEvents(store.ledger).write(tenant, [
    { kind: 'alert', next: { alert, untilMs, at: store.clock.ms }, seen },
  ]);
const heard = ([record]: readonly FanOut[]) => [...record!.destinations.values()].flat();
const kept = ([record]: readonly FanOut[]) => [...(record!.suppressed?.values() ?? [])].flat();
const queries = () => store.sent.filter((name) => name === 'QueryCommand').length;

test('an alert is kept back while its source fires, and the record says by which rule', async () => {
  await write(DOWN, NOW + 60_000);
  const records = await fanOut()(eventOf(NODE));
  expect(heard(records)).toEqual([]);
  expect(kept(records)).toEqual([{ destinations: ['ops', 'dev'], by: ['inhibited:cluster-down'] }]);
  expect(heard(await fanOut()(eventOf(DOWN)))).toEqual(['ops', 'dev']);
});

test('it is heard when its source has ended, or was not spoken of for too long', async () => {
  await write(DOWN, NOW + 60_000);
  store.clock.ms += 60_000;
  expect(heard(await fanOut()(eventOf(NODE)))).toEqual(['ops', 'dev']);
  await write({ ...DOWN, status: 'resolved' }, NOW + 120_000, NOW);
  expect(heard(await fanOut()(eventOf(NODE)))).toEqual(['ops', 'dev']);
});

test('the end of an alert and what is sent by name are heard in any case', async () => {
  await write(DOWN, NOW + 60_000);
  const end = eventOf({ ...NODE, status: 'resolved', endsAtMs: NOW });
  expect(heard(await fanOut()(end))).toEqual(['ops', 'dev']);
  expect(heard(await fanOut()({ ...eventOf(NODE), to: ['ops'] }))).toEqual(['ops']);
});

test('what begins together is told of together: the source need not be on record yet', async () => {
  const [record] = await fanOut()(eventOf(NODE), eventOf(DOWN));
  expect([...record!.destinations.values()]).toEqual([[], ['ops', 'dev']]);
});

test('a function sees within ten seconds what began to fire, for one look at the ledger', async () => {
  const run = fanOut();
  expect(heard(await run(eventOf(NODE)))).toEqual(['ops', 'dev']);
  await write(DOWN, NOW + 60_000);
  store.sent.length = 0;
  store.clock.ms += 9_999;
  expect(heard(await run(eventOf(NODE)))).toEqual(['ops', 'dev']);
  expect(queries()).toBe(0);
  store.clock.ms += 1;
  expect(heard(await run(eventOf(NODE)))).toEqual([]);
  // One for each shard of what is known of alerts.
  expect(queries()).toBe(4);
});

test('without such rules nobody looks at the ledger', async () => {
  store.sent.length = 0;
  await fanOut(catalog({ inhibitions: [] }))(eventOf(NODE));
  expect(queries()).toBe(0);
});

test('what fires in another tenant is nothing to this one', async () => {
  await write(DOWN, NOW + 60_000);
  tenant = 'somebody-else';
  expect(heard(await fanOut()(eventOf(NODE)))).toEqual(['ops', 'dev']);
});

test('a record that was written stays as it is whatever fires later', async () => {
  const run = fanOut();
  const event = eventOf(NODE);
  packs = 9_000;
  expect(heard(await run(event))).toEqual(['ops', 'dev']);
  await write(DOWN, NOW + 60_000);
  store.clock.ms += 10_000;
  packs = 9_000;
  expect(heard(await run(event))).toEqual(['ops', 'dev']);
});
