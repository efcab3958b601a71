import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { MetricUnit, Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
// oxlint-disable-next-line import/no-named-as-default -- its types know the default export only
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { Engine, type RuleProperties } from 'json-rules-engine';
import { type Delivery, eventShape } from './shapes.ts';

export interface RouterDeps {
  readonly sqs: SQSClient;
  /** Queue of the sender. */
  readonly queue: string;
  /** Their events name a destination each, as `type`. */
  readonly rules: readonly RuleProperties[];
  /** URL by destination. */
  readonly destinations: ReadonlyMap<string, string>;
}

/** Events in, a message for each destination of each event out. */
export function createRouter({ sqs, queue, rules, destinations }: RouterDeps) {
  const logger = new Logger({ serviceName: 'router' });
  const metrics = new Metrics({ namespace: 'Naive', serviceName: 'router' });
  const processor = new BatchProcessor(EventType.SQS);
  const engine = new Engine(rules, { allowUndefinedFacts: true });
  engine.addOperator('startsWith', (fact, value) => String(fact).startsWith(String(value)));

  async function work({ body }: SQSRecord): Promise<void> {
    const event = eventShape.parse(JSON.parse(body));
    const { events: found } = await engine.run({ ...event });
    for (const { type: destination } of found) {
      const url = destinations.get(destination);
      if (url === undefined) continue;
      const delivery: Delivery = {
        id: `${event.id}:${destination}`,
        destination,
        url,
        title: typeof event.data['title'] === 'string' ? event.data['title'] : event.topic,
        text: typeof event.data['text'] === 'string' ? event.data['text'] : '',
        event,
      };
      await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: JSON.stringify(delivery) }));
    }
    logger.info('routed', { id: event.id, topic: event.topic, destinations: found.length });
    metrics.addMetric('Routed', MetricUnit.Count, 1);
    metrics.addMetric('Deliveries', MetricUnit.Count, found.length);
  }

  const options = { throwOnFullBatchFailure: false };
  return middy<SQSEvent, SQSBatchResponse>()
    .use(injectLambdaContext(logger))
    .use(logMetrics(metrics))
    .handler((event: SQSEvent, context: Context) =>
      processPartialResponse(event, work, processor, { context, ...options }),
    );
}
