import { describe, expect, test } from 'vitest';
import { RETENTION_DAYS, keptUntil } from '../../lib/core/retention.ts';
import { MAX_AGE_MS } from '../../lib/core/verdict.ts';
import { all } from './rules.ts';
import { VARIANTS, synthesise } from './synthesise.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
/** Clocks differ, and DynamoDB may delete as soon as its own says so. */
const MARGIN_SECONDS = 3_600;

describe.each(Object.entries(VARIANTS))(
  'what is remembered outlasts what may ask for it: %s',
  (_, settings) => {
    const queues = all(synthesise(settings), 'AWS::SQS::Queue').map(({ Properties }) => Properties);

    test('a delivery outlasts its message, with all retries, in its queue and then among the dead letters', () => {
      const [held, dead] = [true, false].map((isSource) =>
        Math.max(
          ...queues
            .filter(({ RedrivePolicy }) => (RedrivePolicy !== undefined) === isSource)
            .map(({ MessageRetentionPeriod }) => MessageRetentionPeriod as number),
        ),
      );
      const kept = keptUntil(NOW, RETENTION_DAYS.min) - NOW / 1_000;
      expect(kept).toBeGreaterThanOrEqual(MAX_AGE_MS / 1_000 + held! + dead! + MARGIN_SECONDS);
    });
  },
);
