import { createHash } from 'node:crypto';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createReceiver } from '../../naive/receiver.ts';
import { NAIVE_TABLES } from '../../naive/tables.ts';
import { NAIVE_ENV } from '../naive-env.ts';

/** The receiver as Lambda would load it. */
export const handler = createReceiver({
  persistence: new DynamoDBPersistenceLayer({
    tableName: NAIVE_TABLES.idempotency.name,
    awsSdkV3Client: new DynamoDB({}),
  }),
  sqs: new SQSClient({}),
  queue: process.env[NAIVE_ENV.routerQueue] ?? '',
  keys: new Set([
    createHash('sha256')
      .update(process.env[NAIVE_ENV.key] ?? '')
      .digest('hex'),
  ]),
});
