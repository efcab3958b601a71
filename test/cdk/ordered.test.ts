import { describe, expect, test } from 'vitest';
import { BUNDLES } from '../../cdk/functions.ts';
import { ENV } from '../../lib/platform/env.ts';
import { all } from './rules.ts';
import { synthesise } from './synthesise.ts';

const DAY = 86_400;
const withOrdered = synthesise({ ordered: true, alarmAddress: 'a@example.com' });
const without = synthesise({ alarmAddress: 'a@example.com' });
const fifos = all(withOrdered, 'AWS::SQS::Queue').filter(({ Properties }) => Properties.FifoQueue === true);
const named = (part: string) => fifos.find(({ id }) => id.startsWith(`Fanfare${part}`))!;

describe('the setting ordered', () => {
  test('is off, and then leaves no trace', () => {
    expect(JSON.stringify(without)).not.toMatch(/fifo|ordered/i);
  });

  test('adds resources and changes none but those that speak of the new queues', () => {
    const touched = Object.entries(without.Resources).filter(
      ([id, resource]) => JSON.stringify(resource) !== JSON.stringify(withOrdered.Resources[id]),
    );
    for (const [id] of touched)
      expect(`${id}: ${JSON.stringify(withOrdered.Resources[id])}`).toMatch(/Ordered|Deployment/);
    expect(touched.filter(([, { Type }]) => /SQS|DynamoDB|EventSourceMapping/.test(Type))).toEqual([]);
  });

  test('adds one pair of FIFO queues, each with FIFO dead letters', () => {
    expect(fifos).toHaveLength(4);
    for (const [part, bundle, receives] of [
      ['EventsOrdered', 'fan-out-ordered', 10],
      ['DeliverOrdered', 'deliver-ordered', 1_000],
    ] as const) {
      const queue = named(`${part}Queue`);
      const letters = named(`${part}DeadLetters`);
      expect(queue.Properties).toMatchObject({
        QueueName: `Fanfare-${part}.fifo`,
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
        MessageRetentionPeriod: 7 * DAY,
        RedrivePolicy: {
          maxReceiveCount: receives,
          deadLetterTargetArn: { 'Fn::GetAtt': [letters.id, 'Arn'] },
        },
      });
      expect(queue.Properties.VisibilityTimeout).toBe(6 * BUNDLES[bundle].timeoutSeconds);
      expect(letters.Properties).toMatchObject({ MessageRetentionPeriod: 14 * DAY });
      expect(queue.Properties.ContentBasedDeduplication).toBeUndefined();
    }
  });

  test('watches the age of what waits in order, and gives its retries half a day', () => {
    const alarm = (name: string) =>
      all(withOrdered, 'AWS::CloudWatch::Alarm').find(({ Properties }) => Properties.AlarmName === name)!;
    expect(alarm('Fanfare-DeliverOrdered-deliveryAge').Properties.Threshold).toBe(43_200);
    expect(alarm('Fanfare-EventsOrdered-eventAge').Properties.Threshold).toBe(300);
    expect(alarm('Fanfare-DeliverOrdered-deadLettersHeld')).toBeDefined();
  });

  test('lets ingest send to the new queue, and the deliver function send nothing back', () => {
    const allowed = (role: string): string =>
      all(withOrdered, 'AWS::IAM::Role')
        .filter(({ id }) => id.startsWith(role))
        .flatMap(
          ({ Properties }) => Properties.Policies as readonly { PolicyDocument: { Statement: object[] } }[],
        )
        .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
        .filter((statement) => JSON.stringify(statement).includes('sqs:SendMessage'))
        .map((statement) => JSON.stringify(statement))
        .join();
    expect(allowed('FanfareIngest')).toContain('EventsOrderedQueue');
    expect(allowed('FanfareEventsOrdered')).toContain('DeliverOrderedQueue');
    expect(allowed('FanfareDeliverOrdered')).not.toContain('Ordered');
  });

  test('tells the functions where the queues are', () => {
    const variables = all(withOrdered, 'AWS::Lambda::Function').map(
      ({ Properties }) => Properties.Environment.Variables as Record<string, unknown>,
    );
    for (const one of variables)
      expect(Object.keys(one)).toEqual(
        expect.arrayContaining([ENV.eventsOrderedQueue, ENV.deliverOrderedQueue]),
      );
  });
});
