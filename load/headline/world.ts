import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createTables, startDynamo, testTables } from '../../cdk/local/dynamo.ts';
import { createCatalogWriter } from '../../lib/stores/catalog-writer.ts';
import { createDynamoClient } from '../../lib/stores/client.ts';
import { createSqsClient } from '../../lib/platform/queue.ts';
import { NAIVE_TABLES } from '../naive/tables.ts';
import { routerRules } from './router-rules.ts';
import { DESTINATIONS, PER_SECOND, TENANT } from './work.ts';

/** Nobody looks at these; they have the length of real ones. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'x'.repeat(40) };

/** Both stacks' clients and tables, on one emulator. */
export interface World {
  readonly fanfare: {
    readonly client: ReturnType<typeof createDynamoClient>['client'];
    readonly sqs: SQSClient;
    readonly tables: { readonly catalog: string; readonly ledger: string; readonly limits: string };
  };
  readonly naive: { readonly dynamo: DynamoDB; readonly sqs: SQSClient };
  readonly close: () => Promise<void>;
}

/** Opens an emulator with the tables of both stacks, and with Fanfare's three destinations. */
export async function openWorld(receiver: string): Promise<World> {
  const emulator = await startDynamo();
  Object.assign(process.env, CREDENTIALS, {
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_DYNAMODB: emulator.endpoint,
  });
  const { client } = createDynamoClient(Date.now);
  const specs = testTables('headline');
  await createTables(client, [...Object.values(specs), ...Object.values(NAIVE_TABLES)]);
  const writer = createCatalogWriter({ client, name: specs.catalog.name, wait: async () => undefined });
  const rate = { limit: PER_SECOND, perMs: 1_000 };
  for (const id of DESTINATIONS) {
    const destination = { channel: 'webhook', settings: { url: `${receiver}/${id}` }, enabled: true, rate };
    await writer.put(TENANT, 'destination', id, destination, undefined);
  }
  for (const { route } of routerRules()) {
    const { id, ...body } = route;
    await writer.put(TENANT, 'route', id, body, undefined);
  }
  return {
    fanfare: {
      client,
      sqs: createSqsClient(),
      tables: { catalog: specs.catalog.name, ledger: specs.ledger.name, limits: specs.limits.name },
    },
    naive: { dynamo: new DynamoDB({}), sqs: new SQSClient({}) },
    close: emulator.close,
  };
}
