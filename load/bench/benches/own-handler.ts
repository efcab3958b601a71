import { setImmediate as turn } from 'node:timers/promises';
import { parseDeliveryPack } from '../../../lib/core/message.ts';
import { handleQueue } from '../../../lib/platform/handle.ts';
import { createTelemetry, telemetryOptions } from '../../../lib/platform/telemetry.ts';
import { CONTEXT, batchOf } from '../../headline/work.ts';
import type { Bench } from '../bench.ts';
import { deliveryPack } from '../given.ts';

/** At most so many at a time, of so many in all. */
const POOL = 4;
const RECORDS = 1_000;

/**
 * A pattern to copy: how to measure a handler of your own. Replace `work`, keep `check`, put it into the list in
 * `areas.ts`, and run `npm run bench -- NAME`.
 */
export const ownHandler: readonly Bench[] = [
  {
    name: 'example/handler',
    rows: 'B25',
    about: 'a record of a thousand, worked on by four at a time, in a handler with its frame',
    open() {
      let done = 0;
      const work = async ({ body }: { readonly body: string }): Promise<void> => {
        await turn();
        if (parseDeliveryPack(body).ok) done++;
      };
      const handle = handleQueue(
        async (records) => {
          const waiting = [...records];
          const worker = async (): Promise<void> => {
            for (let next = waiting.shift(); next; next = waiting.shift()) await work(next);
          };
          await Promise.all(Array.from({ length: POOL }, worker));
          return [];
        },
        { telemetry: createTelemetry({ ...telemetryOptions({}), write: () => {} }) },
      );
      const batch = batchOf(Array.from({ length: RECORDS }, () => JSON.stringify(deliveryPack(1))));
      const run = async (): Promise<number> => {
        const before = done;
        await handle(batch, CONTEXT);
        return done - before;
      };
      return { cases: { '': { check: async () => (await run()) === RECORDS, run } } };
    },
  },
];
