import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';

interface Handler {
  handle: (...args: unknown[]) => unknown;
}

/** Counts the requests that clients send, retries included. */
export function callsOf(clients: readonly (DynamoDBClient | SQSClient)[]) {
  let count = 0;
  for (const { config } of clients) {
    const handler = config.requestHandler as unknown as Handler;
    const send = handler.handle.bind(handler);
    handler.handle = (...args) => {
      count++;
      return send(...args);
    };
  }
  return {
    /** How many something needs. */
    async during(act: () => Promise<unknown>): Promise<number> {
      const before = count;
      await act();
      return count - before;
    },
  };
}
