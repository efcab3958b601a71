import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse } from 'aws-lambda';
import { queueUrl, REGION } from '../../../cdk/local/aws-names.ts';
import { startSqs } from '../../../cdk/local/sqs.ts';
import { parseDeliveryPack } from '../../../lib/core/message.ts';
import { partialBatch, recordsOf } from '../../../lib/platform/partial-batch.ts';
import { createQueue } from '../../../lib/platform/queue.ts';
import { createTelemetry, telemetryOptions } from '../../../lib/platform/telemetry.ts';
import { CONTEXT, batchOf } from '../../headline/work.ts';
import { type Bench, type Case, repeated } from '../bench.ts';
import { callsOf } from '../calls.ts';
import { deliveryPack } from '../given.ts';

const RECORDS = 10;
const QUEUE = 'bench';
const CREDENTIALS = { accessKeyId: 'one', secretAccessKey: 'two' };

/** The queue in between: text on the way in, checked text on the way out. */
export const queue: readonly Bench[] = [
  {
    name: 'queue/encode',
    rows: 'B10',
    about: 'a delivery as a part of a message of ten',
    seed: '~100 ns; measured 507 to 699 ns',
    flaw: 'after 100,000 it times the error of a full queue',
    open: () => ({ cases: { '': encoding() } }),
  },
  {
    name: 'queue/send-batch',
    rows: 'B10',
    about: 'a message sent in a call of ten to the local emulator',
    async open() {
      const sqs = await startSqs({ queues: [{ name: QUEUE, attributes: {} }] });
      const client = new SQSClient({ endpoint: sqs.endpoint, region: REGION, credentials: CREDENTIALS });
      const { enqueue } = createQueue({ client });
      const calls = callsOf([client]);
      const body = JSON.stringify(deliveryPack(1));
      const messages = Array.from({ length: RECORDS }, () => ({ body }));
      const send = async () => await enqueue(queueUrl(sqs.endpoint, QUEUE), messages);
      return {
        cases: {
          '': {
            waits: true,
            crowded: true,
            check: async () => (await send()).failed.length === 0 && sqs.depth(QUEUE).ready === RECORDS,
            run: async () => RECORDS - (await send()).failed.length,
            counters: async () => ({ calls: (await calls.during(send)) / RECORDS }),
          },
        },
        close: sqs.close,
      };
    },
  },
  {
    name: 'queue/decode',
    rows: 'B11',
    about:
      'a record of an SQS event of ten: read, parsed, checked; Powertools: JSON.parse in its batch processor',
    seed: '~50 ns; measured 25 to 78 ns',
    flaw: 'the source takes a pointer out of a channel: there is no text to read',
    open: () => ({ cases: { '': decoding(), 'powertools-batch': powertoolsBatch() } }),
  },
];

function encoding(): Case {
  const pack = deliveryPack(RECORDS);
  const encode = () => JSON.stringify(pack);
  return {
    check: () => parseDeliveryPack(encode()).ok,
    run: () => (repeatedOnce(encode), RECORDS),
    counters: () => ({ bytes: Buffer.byteLength(encode()) / RECORDS }),
  };
}

function decoding(): Case {
  const event = batchOf(Array.from({ length: RECORDS }, () => JSON.stringify(deliveryPack(1))));
  const telemetry = createTelemetry({ ...telemetryOptions({}), write: () => {} });
  const decode = (): number => {
    const records = recordsOf(event, telemetry);
    const read = records.filter(({ body }) => parseDeliveryPack(body).ok);
    return read.length - partialBatch(records, [], telemetry).batchItemFailures.length;
  };
  return { check: () => decode() === RECORDS, run: decode };
}

function powertoolsBatch(): Case {
  const event = batchOf(Array.from({ length: RECORDS }, () => JSON.stringify(deliveryPack(1))));
  const processor = new BatchProcessor(EventType.SQS);
  let seen = 0;
  const work = async ({ body }: { readonly body: string }): Promise<void> => {
    seen += (JSON.parse(body) as { readonly items: readonly unknown[] }).items.length;
  };
  const decode = async (): Promise<number> => {
    const { batchItemFailures }: SQSBatchResponse = await processPartialResponse(event, work, processor, {
      context: CONTEXT,
    });
    return RECORDS - batchItemFailures.length;
  };
  return { rivalOf: '', check: async () => (await decode()) === RECORDS && seen === RECORDS, run: decode };
}

const repeatedOnce = (act: () => unknown): number => repeated(1, act)();
