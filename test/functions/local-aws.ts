import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startFauxqs } from 'fauxqs';
import { vi } from 'vitest';
import { createTables, startDynamo, testTables } from '../../cdk/local/dynamo.ts';
import { ENV } from '../../lib/platform/env.ts';

/** An emulated DynamoDB and SQS, and an environment that leads functions to them. */
export async function startLocalAws() {
  const [dynamo, sqs] = await Promise.all([
    startDynamo(),
    startFauxqs({ port: 0, host: '127.0.0.1', logger: false }),
  ]);
  const region = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  const client = new DynamoDBClient({ ...region, endpoint: dynamo.endpoint });
  const queueClient = new SQSClient({ ...region, endpoint: `http://127.0.0.1:${sqs.port}`, md5: false });
  const tables = testTables();
  await createTables(client, [tables.catalog, tables.ledger, tables.limits]);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', dynamo.endpoint);
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', `http://127.0.0.1:${sqs.port}`);
  vi.stubEnv(ENV.catalogTable, tables.catalog.name);
  vi.stubEnv(ENV.ledgerTable, tables.ledger.name);
  vi.stubEnv(ENV.limitsTable, tables.limits.name);
  const lines: string[] = [];
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);

  return {
    client,
    tables,
    /** What functions print. */
    lines,
    // The URL that fauxqs makes of an IP address cannot be parsed.
    newQueue: (name: string) =>
      `http://127.0.0.1:${sqs.port}/000000000000/${sqs.createQueue(name).queueName}`,

    /** Takes every message out of a queue. */
    async drain(QueueUrl: string): Promise<string[]> {
      const bodies: string[] = [];
      for (;;) {
        const { Messages = [] } = await queueClient.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
        );
        if (Messages.length === 0) return bodies;
        bodies.push(...Messages.map(({ Body = '' }) => Body));
      }
    },

    async stop(): Promise<void> {
      stdout.mockRestore();
      vi.unstubAllEnvs();
      client.destroy();
      queueClient.destroy();
      await Promise.all([dynamo.close(), sqs.stop()]);
    },
  };
}
