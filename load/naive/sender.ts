import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { DynamoDB } from '@aws-sdk/client-dynamodb';
// oxlint-disable-next-line import/no-named-as-default -- its types know the default export only
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { RateLimiterDynamo } from 'rate-limiter-flexible';
import { countDelivery } from './count.ts';
import { type Delivery, deliveryShape } from './shapes.ts';

export interface SenderDeps {
  readonly dynamo: DynamoDB;
  readonly tables: { readonly idempotency: string; readonly limits: string };
  /** Sends allowed to a destination in a second. */
  readonly perSecond: number;
  readonly fetch: typeof fetch;
}

const DAY_SECONDS = 86_400;
const TIMEOUT_MS = 10_000;

/** Notifications out of a queue and to their webhooks, each for itself: once, within its limit, logged and counted. */
export function createSender({ dynamo, tables, perSecond, ...deps }: SenderDeps) {
  const logger = new Logger({ serviceName: 'sender' });
  const metrics = new Metrics({ namespace: 'Naive', serviceName: 'sender' });
  const processor = new BatchProcessor(EventType.SQS);
  const limiter = new RateLimiterDynamo({
    storeClient: dynamo,
    tableName: tables.limits,
    tableCreated: true,
    ttlSet: true,
    keyPrefix: 'destination',
    points: perSecond,
    duration: 1,
  });
  const config = new IdempotencyConfig({ eventKeyJmesPath: 'id', expiresAfterSeconds: DAY_SECONDS });

  async function post(delivery: Delivery): Promise<{ readonly status: number; readonly ms: number }> {
    await limiter.consume(delivery.destination);
    const { id, title, text, event } = delivery;
    const startedAt = Date.now();
    const response = await deps.fetch(delivery.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'webhook-id': id },
      body: JSON.stringify({ id, type: event.topic, timestamp: event.time, title, text, data: event.data }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.text();
    if (!response.ok) throw new Error(`${delivery.destination} answered ${response.status}`);
    return { status: response.status, ms: Date.now() - startedAt };
  }

  const postOnce = makeIdempotent(post, {
    persistenceStore: new DynamoDBPersistenceLayer({
      tableName: tables.idempotency,
      awsSdkV3Client: dynamo,
    }),
    config,
  });

  async function work({ body, messageId }: SQSRecord): Promise<void> {
    const delivery = deliveryShape.parse(JSON.parse(body));
    try {
      const { status, ms } = await postOnce(delivery);
      logger.info('delivered', { id: delivery.id, destination: delivery.destination, messageId, status, ms });
      countDelivery(metrics, 'Delivered', ms);
    } catch (error) {
      logger.error('not delivered', { id: delivery.id, messageId, error: error as Error });
      countDelivery(metrics, 'Failed');
      throw error;
    }
  }

  const options = { throwOnFullBatchFailure: false };
  return middy<SQSEvent, SQSBatchResponse>()
    .use(injectLambdaContext(logger))
    .handler((event: SQSEvent, context: Context) => {
      config.registerLambdaContext(context);
      return processPartialResponse(event, work, processor, { context, ...options });
    });
}
