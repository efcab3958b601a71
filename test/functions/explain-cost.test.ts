import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type DynamoInput, readDynamoCall } from '../../cdk/local/dynamo-call.ts';
import { testTables } from '../../cdk/local/dynamo.ts';
import { createWriteMeter } from '../../cdk/local/write-units.ts';
import { NOW, type Rig, startManage } from './manage-rig.ts';
import { productOn } from './product.ts';

let rig: Rig;
let key: string;
let tenant: string;
let count = 0;

beforeAll(async () => {
  rig = await startManage();
  rig.secrets.set('bot', 'xoxb-1-a');
});
afterAll(() => rig.close());
beforeEach(async () => {
  tenant = `cost${count++}`;
  key = await rig.newKey(tenant);
});

const put = (path: string, body: object) => rig.ask(`PUT /v1/${path}`, { key, body });
const hook = { channel: 'webhook', settings: { url: 'https://example.com/x' } };
const slack = { channel: 'slack', settings: { token: { secret: 'bot' }, channel: '#ops' } };
const note = { id: 'e1', topic: 'note', data: { title: 'Hello' } };
const alert = { ...note, dedupeKey: 'disk', data: { title: 'Disk full', status: 'firing' } };

/** Write units of all calls that are made meanwhile, by the rule that the local stack counts with. */
async function countedIn(work: () => Promise<void>): Promise<number> {
  const tables = Object.values(testTables());
  const meter = createWriteMeter(tables);
  const tableOf = (name: string) => tables.find((table) => table.name === name)!;
  let units = 0;
  const { middlewareStack } = rig.ledger.client;
  middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        const name = commandName.replace('Command', '');
        const { writes } = readDynamoCall(name, args.input as DynamoInput, tableOf);
        for (const write of writes) if (write) units += meter.units(write, 'written');
        return next(args);
      },
    { step: 'initialize', name: 'meter' },
  );
  await work();
  middlewareStack.remove('meter');
  return units;
}

test.each<[string, object, object, object?]>([
  ['a webhook', hook, note],
  ['a limit of its own', { ...hook, rate: { limit: 10, perMs: 1_000 } }, note],
  ['a chat that changes the message of an incident', slack, alert],
  ['a large event', hook, { ...note, data: { title: 'Hello', text: 'x'.repeat(5_000) } }],
  ['a key of its own', hook, { ...note, dedupeKey: 'once' }],
  ['at most once', hook, note, { mode: 'atMostOnce' }],
  ['exactly once', hook, note, { mode: 'exactlyOnceRecorded' }],
  ['no claims', hook, note, { claims: 'off' }],
])('what explain says an event writes is what is written: %s', async (_, destination, event, topic) => {
  await put('destinations/ops', destination);
  await put('routes/all', { order: 1, destinations: ['ops'] });
  if (topic) await put('topics/all', { topics: ['note'], ...topic });
  const { body } = await rig.ask('POST /v1/explain', { key, body: { event } });
  const { cost, deliveries } = body as {
    readonly cost: { readonly dollars: number; readonly event: Counted };
    readonly deliveries: readonly { readonly cost: Counted }[];
  };
  const said = [cost.event, deliveries[0]!.cost];

  const product = productOn(rig, NOW);
  product.reply = { kind: 'reply', status: 200, headers: {}, body: '{"ok":true,"channel":"C1","ts":"17.5"}' };
  const written = await countedIn(async () => {
    await product.post(tenant, event);
    await product.drain();
  });
  expect(said.reduce((sum, { writeUnits = 0 }) => sum + writeUnits, 0)).toBe(written);
  expect(cost.dollars).toBeCloseTo(said[0]!.dollars + said[1]!.dollars, 9);
});

interface Counted {
  readonly writeUnits?: number;
  readonly dollars: number;
}
