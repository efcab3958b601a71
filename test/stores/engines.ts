import * as sdk from '@aws-sdk/client-dynamodb';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe } from 'vitest';
import {
  DYNAMO_ENGINES,
  type Dynamo,
  type DynamoEngine,
  createTables,
  dynamoEngines,
  startDynamo,
  testTables,
} from '../../cdk/local/dynamo.ts';
import { createDynamo } from '../simulation/model/dynamo.ts';
import { type Item, type Table, fromAttributes } from '../../lib/stores/table.ts';

export const NOW = Date.UTC(2026, 10, 21, 10);

/** The three tables on an emulator, a clock that only moves when told, and what was sent there. */
export interface Store {
  readonly catalog: Table;
  readonly ledger: Table;
  readonly limits: Table;
  readonly clock: { ms: number };
  readonly now: () => number;
  /** Names of the commands sent, one per statement of a batch. */
  readonly sent: string[];
  /** Empty tables on the same emulator. */
  fresh(): Promise<Store>;
  /** Every item of a table. */
  items(table: Table): Promise<Item[]>;
  close(): Promise<void>;
}

/** The model that the simulation runs on: kept honest by the very suites that the emulators pass. */
const MODEL = 'the model of the simulation';

export async function openStore(engine?: DynamoEngine | typeof MODEL): Promise<Store> {
  if (engine === MODEL) return openModel();
  const dynamo: Dynamo = await startDynamo({ engine });
  const { client, sent } = openClient(dynamo.endpoint);
  let prefixes = 0;
  const open = async (): Promise<Store> => {
    const specs = testTables(`t${prefixes++}`);
    await createTables(client, Object.values(specs));
    return storeOn(client, specs, sent, open, dynamo);
  };
  return await open();
}

function openModel(): Store {
  const specs = testTables('t');
  const model = createDynamo(Object.values(specs));
  const { client, sent } = openClient();
  client.middlewareStack.add(
    (_, { commandName = '' }) =>
      async ({ input }) => {
        const Command = (sdk as unknown as Record<string, new (from: object) => object>)[commandName]!;
        return { output: model.run(new Command(input)) as never, response: {} };
      },
    { step: 'serialize', priority: 'high' },
  );
  return storeOn(client, specs, sent, async () => openModel(), { close: () => Promise.resolve() });
}

/** A client that tells what was sent through it. */
function openClient(endpoint?: string): { client: DynamoDBClient; sent: string[] } {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ region: 'us-east-1', credentials, ...(endpoint && { endpoint }) });
  const sent: string[] = [];
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        const { Statements } = args.input as { readonly Statements?: readonly unknown[] };
        sent.push(...Array.from({ length: Statements?.length ?? 1 }, () => commandName));
        return next(args);
      },
    { step: 'initialize' },
  );
  return { client, sent };
}

function storeOn(
  client: DynamoDBClient,
  specs: ReturnType<typeof testTables>,
  sent: string[],
  fresh: () => Promise<Store>,
  dynamo: Pick<Dynamo, 'close'>,
): Store {
  const wait = () => Promise.resolve();
  const clock = { ms: NOW };
  return {
    fresh,
    catalog: { client, name: specs.catalog.name, wait },
    ledger: { client, name: specs.ledger.name, wait },
    limits: { client, name: specs.limits.name, wait },
    clock,
    now: () => clock.ms,
    sent,
    async items({ name }) {
      const { Items = [] } = await client.send(new ScanCommand({ TableName: name }));
      return Items.map(fromAttributes);
    },
    async close() {
      client.destroy();
      await dynamo.close();
    },
  };
}

/** Runs a suite on every emulator of DynamoDB; one that is not on this machine is skipped, and says so. */
export function describeOnEngines(title: string, suite: (store: () => Store) => void): void {
  const installed = dynamoEngines();
  const emulators = DYNAMO_ENGINES.map((engine) => ({
    engine,
    here: installed.includes(engine),
    about: installed.includes(engine) ? engine : `${engine} (not installed here: see cdk/local/dynamo.ts)`,
  }));
  const engines = [...emulators, { engine: MODEL, here: true, about: MODEL } as const];
  for (const { engine, here, about } of engines) {
    describe.skipIf(!here)(`${title} on ${about}`, () => {
      let store: Store;
      beforeAll(async () => {
        store = await openStore(engine);
      });
      afterAll(() => store.close());
      suite(() => store);
    });
  }
}
