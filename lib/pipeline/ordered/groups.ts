import type { QueueRecord } from '../../core/message.ts';

/** The records of a FIFO batch by group, each in the order in which they were sent. */
export function groupsOf(records: readonly QueueRecord[]): QueueRecord[][] {
  return [
    ...Map.groupBy(
      records,
      ({ attributes, messageId }) => attributes?.['MessageGroupId'] ?? messageId,
    ).values(),
  ];
}

/** How often SQS has given a message out, this time included. */
export function receivesOf({ attributes }: QueueRecord): number {
  return Number(attributes?.['ApproximateReceiveCount'] ?? 1);
}
