import { createHash } from 'node:crypto';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import type { BasePersistenceLayer } from '@aws-lambda-powertools/idempotency/persistence';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { MetricUnit, Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
// oxlint-disable-next-line import/no-named-as-default -- its types know the default export only
import middy from '@middy/core';
import httpErrorHandler from '@middy/http-error-handler';
import httpJsonBodyParser from '@middy/http-json-body-parser';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type * as z from 'zod';
import { alertsShape } from './shapes.ts';

export interface ReceiverDeps {
  /** Where it is remembered what came before. */
  readonly persistence: BasePersistenceLayer;
  readonly sqs: SQSClient;
  /** Queue of the router. */
  readonly queue: string;
  /** Hex SHA-256 of the API keys. */
  readonly keys: ReadonlySet<string>;
}

type Alert = z.infer<typeof alertsShape>['alerts'][number] & { readonly id: string };

const DAY_SECONDS = 86_400;

/** Alerts of Alertmanager in, each once into the queue of the router. */
export function createReceiver({ persistence, sqs, queue, keys }: ReceiverDeps) {
  const logger = new Logger({ serviceName: 'receiver' });
  const metrics = new Metrics({ namespace: 'Naive', serviceName: 'receiver' });
  const config = new IdempotencyConfig({ eventKeyJmesPath: 'id', expiresAfterSeconds: DAY_SECONDS });

  async function enqueue({ id, status, labels, annotations, startsAt }: Alert): Promise<string> {
    const { alertname: title = 'alert' } = labels;
    const data = { title, text: annotations['summary'] ?? '', status, labels, annotations };
    const event = { id, topic: 'alert', time: startsAt, data };
    await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: JSON.stringify(event) }));
    return id;
  }

  const enqueueOnce = makeIdempotent(enqueue, { persistenceStore: persistence, config });

  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .use(injectLambdaContext(logger))
    .use(logMetrics(metrics))
    .use(httpJsonBodyParser())
    .use(httpErrorHandler())
    .handler(async (request: APIGatewayProxyEventV2, context: Context) => {
      config.registerLambdaContext(context);
      const [, key = ''] = /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '') ?? [];
      if (!keys.has(createHash('sha256').update(key).digest('hex'))) return { statusCode: 401 };
      // The body parser has put an object where the types still say text.
      const parsed = alertsShape.safeParse(request.body);
      if (!parsed.success) return { statusCode: 422, body: JSON.stringify(parsed.error.issues) };
      const ids: string[] = [];
      for (const alert of parsed.data.alerts)
        ids.push(
          await enqueueOnce({ ...alert, id: `${alert.fingerprint}-${alert.status}-${alert.startsAt}` }),
        );
      logger.info('alerts received', { count: ids.length });
      metrics.addMetric('AlertsReceived', MetricUnit.Count, ids.length);
      return { statusCode: 202, body: JSON.stringify({ ids }) };
    });
}
