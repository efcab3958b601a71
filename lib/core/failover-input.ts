import * as z from 'zod/mini';
import { FAILOVER_AFTER_MS } from './failover.ts';
import { nameInput } from './name-input.ts';

/** The timers look after it once a minute. */
const MIN_AFTER_MS = 60_000;
const MAX_AFTER_MS = 86_400_000;

export const failoverInput = z
  .strictObject({
    to: nameInput,
    afterMs: z.exactOptional(
      z
        .int(`write a whole number of milliseconds, ${MIN_AFTER_MS} to ${MAX_AFTER_MS}`)
        .check(z.gte(MIN_AFTER_MS), z.lte(MAX_AFTER_MS)),
    ),
  })
  .check(
    z.describe(
      `The destination that hears of what this one has not accepted within afterMs, or ${FAILOVER_AFTER_MS} ms.`,
    ),
  );
