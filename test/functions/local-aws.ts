import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startFauxqs } from 'fauxqs';
import { vi } from 'vitest';
import { createTables, startDynamo, testTables } from '../../cdk/local/dynamo.ts';
import { ENV } from '../../lib/platform/env.ts';
import { startFaultProxy } from './fault-proxy.ts';

/** An emulated DynamoDB and SQS, and an environment that leads functions to them. */
export async function startLocalAws() {
  const [dynamo, sqs] = await Promise.all([
    startDynamo(),
    startFauxqs({ port: 0, host: '127.0.0.1', logger: false }),
  ]);
  const region = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  const client = new DynamoDBClient({ ...region, endpoint: dynamo.endpoint });
  const queueClient = new SQSClient({ ...region, endpoint: `http://127.0.0.1:${sqs.port}`, md5: false });
  const [dynamoFaults, sqsFaults] = await Promise.all(
    [dynamo.endpoint, `http://127.0.0.1:${sqs.port}`].map(startFaultProxy),
  );
  const tables = testTables();
  await createTables(client, [tables.catalog, tables.ledger, tables.limits]);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', dynamoFaults!.url);
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', sqsFaults!.url);
  vi.stubEnv(ENV.catalogTable, tables.catalog.name);
  vi.stubEnv(ENV.ledgerTable, tables.ledger.name);
  vi.stubEnv(ENV.limitsTable, tables.limits.name);
  const lines: string[] = [];
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);

  return {
    client,
    tables,
    /** Between the functions and the services; what tests do themselves goes past them. */
    dynamoFaults: dynamoFaults!,
    sqsFaults: sqsFaults!,
    /** What functions print. */
    lines,
    // Clients go where the URL of a queue says. That of fauxqs, made of an IP address, cannot be parsed.
    newQueue: (name: string) => `${sqsFaults!.url}/000000000000/${sqs.createQueue(name).queueName}`,

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
      await Promise.all([dynamoFaults!.close(), sqsFaults!.close()]);
      await Promise.all([dynamo.close(), sqs.stop()]);
    },
  };
}
