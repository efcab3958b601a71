import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DELIVERY_MODES, type DeliveryMode, modeOf } from '../../lib/core/mode.ts';
import type { QueueRecord } from '../../lib/core/message.ts';
import type { Reply } from '../../lib/core/outcome.ts';
import { rowsBelow } from '../docs/table.ts';
import { LEASE_MS, NOW, type Rig, ok, record, status, toRecord, useRigs } from './rig.ts';

/*
 * The truth table of the delivery modes: docs/delivery-modes.md says what happens, this file lets it happen to the
 * real pipeline.
 */

const newRig = useRigs();

const document = readFileSync(join(import.meta.dirname, '../../docs/delivery-modes.md'), 'utf8');
const columns: readonly DeliveryMode[] = ['atMostOnce', 'atLeastOnce', 'exactlyOnceRecorded', 'claimsOff'];

const EVENT = ['e1'];
const TEN = Array.from({ length: 10 }, (_, n) => `e${n}`);

interface Told {
  readonly rig: Rig;
  /** A message of these events in the mode. */
  readonly message: (events?: readonly string[]) => QueueRecord;
}

const HAPPENINGS: Readonly<Record<string, (told: Told) => Promise<readonly string[]>>> = {
  'all goes well': async ({ rig, message }) => {
    await rig.run([message()]);
    return EVENT;
  },
  'the provider refuses it once': async ({ rig, message }) => {
    answer(rig, () => status(400));
    await rig.run([message()]);
    return EVENT;
  },
  'the provider is down once: 503': async ({ rig, message }) => {
    answer(rig, () => status(503));
    await rig.run([message()]);
    await rig.drain();
    return EVENT;
  },
  'the connection fails once': async ({ rig, message }) => {
    answer(rig, () => ({ kind: 'failure', reason: 'network', started: false, detail: '' }));
    await rig.run([message()]);
    await rig.drain();
    return EVENT;
  },
  'the provider answers too late once': async ({ rig, message }) => {
    answer(rig, () => ({ kind: 'failure', reason: 'timeout', started: true, detail: '' }));
    await rig.run([message()]);
    await rig.drain();
    return EVENT;
  },
  'the provider limits the rate once: 429': async ({ rig, message }) => {
    answer(rig, () => status(429));
    await rig.run([message()]);
    await rig.drain();
    return EVENT;
  },
  'a worker dies between send and record': async ({ rig, message }) => {
    await dieAfter(rig, message(), 1, () => true);
    return EVENT;
  },
  'a worker dies when five of ten are answered': async ({ rig, message }) => {
    await dieAfter(rig, message(TEN), 10, (request) => request > 5);
    return TEN;
  },
  'the same event comes in two messages': async ({ rig, message }) => {
    await rig.run([message()]);
    await rig.run([message()]);
    return EVENT;
  },
  'SQS gives a message to two workers': async ({ rig, message }) => {
    let finish: () => void = () => undefined;
    rig.reply = () => new Promise((resolve) => (finish = () => resolve(ok)));
    const slow = rig.run([message()], { wait: forever });
    await until(() => rig.sent.length === 1);
    rig.reply = () => ok;
    await rig.run([message()]);
    finish();
    await slow;
    return EVENT;
  },
};

const rows = rowsBelow(document, 'What happens');

test('the document tells all that is tested, for every mode', () => {
  expect(rows.map(([happening]) => happening)).toEqual(Object.keys(HAPPENINGS));
  expect(columns.toSorted()).toEqual(DELIVERY_MODES.toSorted());
});

const cells = rows.flatMap(([happening = '', ...told]) =>
  columns.map((mode, index) => [happening, mode, told[index]] as const),
);

test.each(cells)('when %s, %s: %s', async (happening, mode, told) => {
  const rig = await newRig();
  const events = await HAPPENINGS[happening]!({ rig, message: (some = EVENT) => messageOf(some, mode) });
  expect(await summary(rig, events)).toBe(told);
});

test('a mode that a newer release invented is the default', () => {
  expect(modeOf('exactlyOnceSigned')).toBe('atLeastOnce');
});

function messageOf(events: readonly string[], mode: DeliveryMode): QueueRecord {
  const pack = JSON.parse(record(events).body) as { readonly items: readonly object[] };
  const items = pack.items.map((item) => Object.assign(item, { mode }));
  return toRecord(JSON.stringify({ ...pack, items }));
}

/** The first request gets another answer. */
function answer(rig: Rig, first: () => Reply): void {
  rig.reply = () => (rig.sent.length === 1 ? first() : ok);
}

/** A worker makes `requests`, of which some are never answered, and is never heard of again; SQS goes on. */
async function dieAfter(
  rig: Rig,
  message: QueueRecord,
  requests: number,
  isLost: (request: number) => boolean,
): Promise<void> {
  rig.reply = () => (isLost(rig.sent.length) ? forever() : ok);
  void rig.run([message], { wait: forever });
  await until(() => rig.sent.length === requests);
  await rig.clock.quiet();
  rig.reply = () => ok;
  rig.queue.push({ queue: 'own', message: { body: message.body }, visibleAt: NOW + LEASE_MS + 1 });
  await rig.drain();
}

/** `2 requests, delivered, 1 in doubt`: what receivers and the ledger say. */
async function summary(rig: Rig, events: readonly string[]): Promise<string> {
  const items = await rig.store.items(rig.store.ledger);
  const states = await Promise.all(events.map((event) => stateOf(rig, items, event)));
  const counts = [...Map.groupBy(states, (state) => state)].map(([state, { length }]) =>
    states.length === length ? state : `${length} ${state}`,
  );
  const attempts = (await Promise.all(events.map((event) => rig.attempts(event)))).flat();
  const doubts = attempts.filter(({ outcome }) => outcome === 'maybe').length;
  const requests = rig.sent.length;
  return [
    `${requests} ${requests === 1 ? 'request' : 'requests'}`,
    ...counts,
    ...(doubts > 0 ? [`${doubts} in doubt`] : []),
  ].join(', ');
}

async function stateOf(
  rig: Rig,
  items: Awaited<ReturnType<Rig['attempts']>>,
  event: string,
): Promise<string> {
  const state = await rig.state(event);
  const item = items.find(({ pk, sk }) => pk === `T#acme#E#${event}` && sk === 'delivery#ops');
  if (state === 'dead') return `dead (${String(item?.['reason'])})`;
  return state === 'none' ? 'not recorded' : state;
}

function forever(): Promise<never> {
  return new Promise(() => undefined);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
