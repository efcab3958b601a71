import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CALLS, leanClient } from '../platform/lean-client.ts';
import { meterTables } from '../platform/meter.ts';

/** A worker whose clock is further off than this books no slots. */
export const MAX_SKEW_MS = 1_500;

/**
 * The one DynamoDB client of an execution environment. It compares our clock with the `Date` of the replies:
 * the header has whole seconds, so the skew is known to within half a second.
 */
export function createDynamoClient(now: () => number): { client: DynamoDBClient; skewMs: () => number } {
  const client = meterTables(leanClient(new DynamoDBClient(CALLS)));
  let skew = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      const sent = now();
      const result = await next(args);
      const at = dateOf(result.response) + 500;
      // A slow call says nothing exact about the clock.
      if (!Number.isNaN(at) && now() - sent < 500) skew = (sent + now()) / 2 - at;
      return result;
    },
    { step: 'deserialize', name: 'clockSkew', priority: 'low' },
  );
  return { client, skewMs: () => skew };
}

/** The `Date` of a reply, epoch ms; NaN when it has none. */
function dateOf(response: unknown): number {
  const headers: unknown = response instanceof Object && 'headers' in response ? response.headers : undefined;
  const date: unknown = headers instanceof Object && 'date' in headers ? headers.date : undefined;
  return typeof date === 'string' ? Date.parse(date) : Number.NaN;
}
