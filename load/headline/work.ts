import { randomUUID } from 'node:crypto';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import type { DeliveryPack, EventPack } from '../../lib/core/message.ts';
import type { Event } from '../../lib/core/event.ts';
import { deliveryId } from '../../lib/core/delivery.ts';
import { render } from '../../lib/core/render.ts';
import type { Delivery } from '../naive/shapes.ts';

/** The same events for both stacks, in the messages of each. */
export const TENANT = 'acme';
export const DESTINATIONS = ['one', 'two', 'three'] as const;
/** The highest rate a catalog takes: both limiters work, and none has to refuse. */
export const PER_SECOND = 1_000;

export const CONTEXT = {
  awsRequestId: '8f7d0c52-5c1e-4b7e-9d0a-000000000000',
  functionName: 'headline',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:headline',
  memoryLimitInMB: '512',
  getRemainingTimeInMillis: () => 900_000,
} as unknown as Context;

let events = 0;

/** An order that was paid, some 270 bytes. */
export function newEvent(): Event {
  const n = events++;
  return {
    id: `evt_${n.toString(36).padStart(10, '0')}`,
    topic: 'orders.paid',
    time: '2026-11-21T10:00:00.000Z',
    lane: 'normal',
    severity: 'info',
    source: `shop-${n % 50}`,
    subject: `order-${n}`,
    data: {
      title: `Order ${n} was paid`,
      text: 'The customer paid by card.',
      amount: n % 1_000,
      currency: 'EUR',
    },
  };
}

/** A batch as SQS gives it out. */
export function batchOf(bodies: readonly string[]): SQSEvent {
  return {
    Records: bodies.map((body): SQSRecord => {
      const messageId = randomUUID();
      return {
        messageId,
        receiptHandle: `AQEB${messageId}`,
        body,
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: '1795600000000',
          SenderId: 'x',
          ApproximateFirstReceiveTimestamp: '1795600000001',
        },
        messageAttributes: {},
        md5OfBody: '',
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:queue',
        awsRegion: 'us-east-1',
      };
    }),
  };
}

/** Messages of so many deliveries each, to the destinations in turn. */
export function deliveryPacks(messages: number, perMessage: number): SQSEvent {
  const since = Date.now();
  return batchOf(
    Array.from({ length: messages }, (_, message) => {
      const pack: DeliveryPack = {
        v: 1,
        kind: 'deliveries',
        tenant: TENANT,
        destination: DESTINATIONS[message % DESTINATIONS.length]!,
        lane: 'normal',
        items: Array.from({ length: perMessage }, () => ({
          notification: render(newEvent(), undefined, 'event'),
          n: 1,
          since,
        })),
      };
      return JSON.stringify(pack);
    }),
  );
}

/** The same for the naive stack: a message each. */
export function naiveDeliveries(messages: number, receiver: string): SQSEvent {
  return batchOf(
    Array.from({ length: messages }, (_, message) => {
      const { lane: _lane, ...event } = newEvent();
      const destination = DESTINATIONS[message % DESTINATIONS.length]!;
      const { title, text } = event.data as { readonly title: string; readonly text: string };
      const id = deliveryId(event.id, destination);
      const delivery: Delivery = { id, destination, url: `${receiver}/${destination}`, title, text, event };
      return JSON.stringify(delivery);
    }),
  );
}

/** Messages of so many events each. */
export function eventPacks(messages: number, perMessage: number): SQSEvent {
  return batchOf(
    Array.from({ length: messages }, () => {
      const pack: EventPack = {
        v: 1,
        kind: 'events',
        tenant: TENANT,
        pack: randomUUID(),
        items: Array.from({ length: perMessage }, newEvent),
      };
      return JSON.stringify(pack);
    }),
  );
}

export function naiveEvents(messages: number): SQSEvent {
  return batchOf(
    Array.from({ length: messages }, () => {
      const { lane: _lane, ...event } = newEvent();
      return JSON.stringify(event);
    }),
  );
}
