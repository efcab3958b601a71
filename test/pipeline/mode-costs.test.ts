import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type DynamoInput, readDynamoCall } from '../../cdk/local/dynamo-call.ts';
import { testTables } from '../../cdk/local/dynamo.ts';
import { createWriteMeter } from '../../cdk/local/write-units.ts';
import { keys } from '../../lib/core/keys.ts';
import type { DeliveryMode } from '../../lib/core/mode.ts';
import type { DeliveryPack } from '../../lib/core/message.ts';
import { execute, insert } from '../../lib/stores/table.ts';
import { rowsBelow } from '../docs/table.ts';
import { type Rig, ok, record, status, toRecord, useRigs } from './rig.ts';

/*
 * What a delivery costs in each mode, counted on the real pipeline: `npx vitest run test/pipeline/mode-costs.test.ts`.
 * The table in docs/delivery-modes.md says the same, or this fails and shows what it should say.
 */

const newRig = useRigs();
const document = readFileSync(join(import.meta.dirname, '../../docs/delivery-modes.md'), 'utf8');

const MODES: Readonly<Record<string, DeliveryMode>> = {
  atMostOnce: 'atMostOnce',
  atLeastOnce: 'atLeastOnce',
  exactlyOnceRecorded: 'exactlyOnceRecorded',
  'claims: off': 'claimsOff',
};

/** Ten messages of ten: one batch as SQS gives it out. */
const MESSAGES = 10;
const PER_MESSAGE = 10;

test('the document says what each mode costs', async () => {
  const measured: string[][] = [];
  for (const [title, mode] of Object.entries(MODES)) {
    const well = await cost(mode, false);
    const failing = await cost(mode, true);
    measured.push([title, well.calls, well.units, failing.calls, failing.units]);
  }
  expect(rowsBelow(document, 'What it costs')).toEqual(measured);
});

/** Calls of DynamoDB and SQS and write units for each delivery of a batch that goes well, or one in ten of which fails once. */
async function cost(mode: DeliveryMode, failing: boolean): Promise<{ calls: string; units: string }> {
  const rig = await newRig();
  await rememberEvents(rig);
  const meter = meterOf(rig);
  const total = MESSAGES * PER_MESSAGE;
  rig.reply = () => (failing && rig.sent.length <= total && rig.sent.length % 10 === 0 ? status(500) : ok);
  let sends = 0;
  const enqueue = async (queue: string, list: readonly { readonly body: string }[]) => {
    sends += Math.ceil(list.length / 10);
    rig.queue.push(...list.map((message) => ({ queue, message, visibleAt: rig.clock.now() })));
    return { failed: [] };
  };
  const batch = Array.from({ length: MESSAGES }, (_, m) => {
    const events = Array.from({ length: PER_MESSAGE }, (__, n) => idOf(m, n));
    const pack: DeliveryPack = JSON.parse(record(events).body);
    const items = pack.items.map((item) => Object.assign(item, { mode }));
    return toRecord(JSON.stringify({ ...pack, items }));
  });
  await rig.run(batch, { enqueue });
  await rig.drain(undefined, { enqueue });
  expect(new Set(rig.sent.map(({ event }) => event)).size).toBe(total);
  const perDelivery = (count: number): string => (count / total).toFixed(2);
  const counted = meter.stop();
  return { calls: perDelivery(counted.calls + sends), units: perDelivery(counted.units) };
}

/** As ingest has: what is given up is noted there. */
async function rememberEvents({ store: { ledger }, clock }: Rig): Promise<void> {
  const ids = Array.from({ length: MESSAGES * PER_MESSAGE }, (_, at) =>
    idOf(Math.floor(at / PER_MESSAGE), at % PER_MESSAGE),
  );
  const ttl = Math.ceil(clock.now() / 1_000);
  const written = await execute(
    ledger,
    ids.map((id) => insert(ledger, { ...keys.event('acme', id), ttl })),
  );
  expect(written.every(({ kind }) => kind === 'written')).toBe(true);
}

function idOf(message: number, item: number): string {
  return `e${message}-${item}`;
}

/** Counts what the rig sends to DynamoDB from now on. */
function meterOf({ store }: Rig) {
  const prefix = store.ledger.name.split('-')[0]!;
  const tables = Object.values(testTables(prefix));
  const writes = createWriteMeter(tables);
  const tableOf = (name: string) => tables.find((table) => table.name === name)!;
  let calls = 0;
  let units = 0;
  store.ledger.client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        const call = readDynamoCall(commandName.replace('Command', ''), args.input as DynamoInput, tableOf);
        calls++;
        for (const write of call.writes) if (write) units += writes.units(write, 'written');
        return next(args);
      },
    { step: 'initialize', name: 'meter' },
  );
  return {
    stop: () => {
      store.ledger.client.middlewareStack.remove('meter');
      return { calls, units };
    },
  };
}
