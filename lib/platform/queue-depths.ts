import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { QueueDepth } from '../core/views.ts';

/**
 * How much each queue holds, in the order of the URLs, dead letters included.
 * @throws when a queue cannot be looked at.
 */
export type QueueDepths = (queueUrls: readonly string[]) => Promise<readonly QueueDepth[]>;

/** Reads the counts of SQS, which are approximate (SQS API Reference, GetQueueAttributes). */
export function createQueueDepths(client: Pick<SQSClient, 'send'>): QueueDepths {
  return (queueUrls) => Promise.all(queueUrls.map((url) => depthOf(url, client)));
}

async function depthOf(queueUrl: string, client: Pick<SQSClient, 'send'>): Promise<QueueDepth> {
  const { deadLetterName, ...counts } = await look(queueUrl, client);
  if (deadLetterName === undefined) return { ...counts, deadLetters: 0 };
  // It lies in the account and the region of its queue, so that the URLs differ in the name only.
  const dead = await look(queueUrl.replace(/[^/]+$/, deadLetterName), client);
  return { ...counts, deadLetters: dead.waiting + dead.inFlight + dead.delayed };
}

interface RedrivePolicy {
  readonly deadLetterTargetArn?: string;
}

async function look(QueueUrl: string, client: Pick<SQSClient, 'send'>) {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
        'RedrivePolicy',
      ],
    }),
  );
  const { deadLetterTargetArn }: RedrivePolicy = JSON.parse(Attributes.RedrivePolicy ?? '{}');
  return {
    waiting: Number(Attributes.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
    delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0),
    deadLetterName: deadLetterTargetArn?.split(':').at(-1),
  };
}
