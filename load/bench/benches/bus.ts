import { EventEmitter } from 'node:events';
import { SQSClient } from '@aws-sdk/client-sqs';
import Emittery from 'emittery';
import { EventEmitter as EventEmitter3 } from 'eventemitter3';
import { REGION, queueUrl } from '../../../cdk/local/aws-names.ts';
import { startSqs } from '../../../cdk/local/sqs.ts';
import { deliveryId } from '../../../lib/core/delivery.ts';
import { planFanOuts } from '../../../lib/core/fan-out.ts';
import type { EventPack } from '../../../lib/core/message.ts';
import { type Matching, compileRoutes } from '../../../lib/core/route.ts';
import { createQueue } from '../../../lib/platform/queue.ts';
import { TENANT, newEvent } from '../../headline/work.ts';
import { type Bench, type Case, repeated } from '../bench.ts';

const TOPIC = 'orders.paid';
const EVENTS = Array.from({ length: 100 }, newEvent);
const AT_ONCE = 100;

/**
 * The counterpart of the sources' event buses: the pure core of the fan-out, an event in and its deliveries out, with
 * no queue. An emitter calls functions by the name of an event; here routes ask for its topic, and ids are made.
 */
export const bus: readonly Bench[] = [
  {
    name: 'bus/sync',
    rows: 'B17',
    about: 'an event to its one subscriber, the id of the delivery made; emitters: one listener called',
    seed: '<1 µs; measured 1.2 to 2.0 µs',
    open: () => ({ cases: { '': fanningOut(1), ...emitters(1, '') } }),
  },
  {
    name: 'bus/async',
    rows: 'B18',
    about: 'an event as text of its message; send: ten of them in a call to the local emulator',
    seed: 'less than sync; measured 2.2 to 3.2 µs',
    flaw: 'it is slower than sync',
    open: asynchronous,
  },
  {
    name: 'bus/concurrent',
    rows: 'B19',
    about: 'bus/sync in a hundred promises at a time',
    seed: 'scaling; measured 2.1 µs',
    open: () => ({ cases: { '': concurrent() } }),
  },
  {
    name: 'bus/subscribers',
    rows: 'B20',
    about: 'bus/sync with so many subscribers, an event',
    seed: 'linear; measured 1.3 µs',
    open: () => ({
      cases: Object.assign({}, ...[1, 10, 100].map(subscribing)),
    }),
  },
  {
    name: 'bus/emit-sync',
    rows: 'B21',
    about: 'an event to the destination of its one subscriber',
    seed: '~4 M/s, 250 ns; measured 243 to 484 ns',
    open: () => ({ cases: { '': matchingOnly() } }),
  },
  {
    name: 'bus/emit-async',
    rows: 'B22',
    about: 'the same, awaited; emittery: one listener awaited',
    seed: '~8 M/s, 125 ns; not measurable',
    flaw: 'it aborts with the error of a full buffer',
    open: () => ({ cases: { '': awaited(), emittery: emitteryCase() } }),
  },
  {
    name: 'bus/publish',
    rows: 'B23',
    about: 'an event of a pack of ten, the record of its fan-out planned',
    seed: '~3 M/s, 300 ns; measured 9.9 µs with many at a time',
    flaw: 'the others abort with the error of a full buffer',
    open: () => ({ cases: { '': planning() } }),
  },
];

function matchingOf(subscribers: number): Matching {
  return compileRoutes(
    Array.from({ length: subscribers }, (_, n) => ({
      id: `r${n}`,
      order: n,
      match: { topic: [TOPIC] },
      continue: true,
      destinations: [`d${n}`],
    })),
  );
}

/** So many subscribers of ours, and as many listeners of emitters. */
function subscribing(count: number): Readonly<Record<string, Case>> {
  const rivals = Object.entries(emitters(count, String(count)));
  const named = rivals.map(([name, one]) => [`${name}-${count}`, one]);
  return { [count]: fanningOut(count), ...Object.fromEntries(named) };
}

function fanOut(matching: Matching, event: (typeof EVENTS)[number]): number {
  let ids = 0;
  for (const { destinations } of matching(event))
    for (const destination of destinations) if (deliveryId(event.id, destination) !== '') ids++;
  return ids;
}

function fanningOut(subscribers: number): Case {
  const matching = matchingOf(subscribers);
  return {
    check: () => fanOut(matching, EVENTS[0]!) === subscribers,
    run: repeated(1_000, (n) => fanOut(matching, EVENTS[n % EVENTS.length]!)),
  };
}

/** Listeners that count, on two emitters. */
function emitters(listeners: number, rivalOf: string): Readonly<Record<string, Case>> {
  const own = new EventEmitter();
  own.setMaxListeners(listeners);
  return {
    'node:events': emitting(own, listeners, rivalOf),
    eventemitter3: emitting(new EventEmitter3(), listeners, rivalOf),
  };
}

interface Emitter {
  on: (name: string, listener: () => void) => unknown;
  emit: (name: string, event: object) => unknown;
}

function emitting(emitter: Emitter, listeners: number, rivalOf: string): Case {
  let heard = 0;
  for (let n = 0; n < listeners; n++) emitter.on(TOPIC, () => heard++);
  const emit = (n: number) => emitter.emit(TOPIC, EVENTS[n % EVENTS.length]!);
  return { rivalOf, check: () => (emit(0), heard === listeners), run: repeated(1_000, emit) };
}

function emitteryCase(): Case {
  const emitter = new Emittery();
  let heard = 0;
  emitter.on(TOPIC, () => void heard++);
  return {
    rivalOf: '',
    check: async () => (await emitter.emit(TOPIC, EVENTS[0]), heard === 1),
    run: async () => (await emitter.emit(TOPIC, EVENTS[0]), 1),
  };
}

function matchingOnly(): Case {
  const matching = matchingOf(1);
  return {
    check: () => matching(EVENTS[0]!)[0]?.destinations[0] === 'd0',
    run: repeated(1_000, (n) => matching(EVENTS[n % EVENTS.length]!)),
  };
}

function awaited(): Case {
  const matching = matchingOf(1);
  const emit = async (n: number) => matching(EVENTS[n % EVENTS.length]!);
  return {
    check: async () => (await emit(0)).length === 1,
    async run() {
      for (let n = 0; n < 100; n++) await emit(n);
      return 100;
    },
  };
}

function concurrent(): Case {
  const matching = matchingOf(1);
  const run = async (): Promise<number> => {
    const all = await Promise.all(EVENTS.slice(0, AT_ONCE).map(async (event) => fanOut(matching, event)));
    return all.length;
  };
  return { check: async () => (await run()) === AT_ONCE, run };
}

function planning(): Case {
  const matching = matchingOf(1);
  const items = EVENTS.slice(0, 10);
  const pack: EventPack = { v: 1, kind: 'events', tenant: TENANT, pack: 'p', items };
  const plan = () => planFanOuts(pack, { matchesOf: matching });
  return {
    check: () => plan()[0]?.destinations.size === items.length,
    run: () => (repeated(1, plan)(), items.length),
  };
}

async function asynchronous() {
  const name = 'events';
  const sqs = await startSqs({ queues: [{ name, attributes: {} }] });
  const client = new SQSClient({
    endpoint: sqs.endpoint,
    region: REGION,
    credentials: { accessKeyId: 'one', secretAccessKey: 'two' },
  });
  const { enqueue } = createQueue({ client });
  const packs = EVENTS.slice(0, 10).map((event): EventPack => ({
    v: 1,
    kind: 'events',
    tenant: TENANT,
    pack: event.id,
    items: [event],
  }));
  const messages = packs.map((pack) => ({ body: JSON.stringify(pack) }));
  const send = async () => await enqueue(queueUrl(sqs.endpoint, name), messages);
  const encoding: Case = {
    check: () => messages[0]!.body.includes(TOPIC),
    run: repeated(100, (n) => JSON.stringify(packs[n % packs.length])),
  };
  const sending: Case = {
    waits: true,
    crowded: true,
    check: async () => (await send()).failed.length === 0,
    run: async () => packs.length - (await send()).failed.length,
  };
  return { cases: { encode: encoding, send: sending }, close: sqs.close };
}
