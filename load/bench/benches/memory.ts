import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compileRoutes } from '../../../lib/core/route.ts';
import { createTelemetry, telemetryOptions } from '../../../lib/platform/telemetry.ts';
import type { Bench, Case } from '../bench.ts';
import { deliveryPack, targetOf } from '../given.ts';
import { rulesOf } from '../rules.ts';

const MESSAGES = 1_000;
const RECORDS = 100_000;

/** What the heap holds once something is made and everything else is collected. */
export const memory: readonly Bench[] = [
  {
    name: 'memory/held',
    rows: 'T08',
    about: `what is held: a webhook and a hundred routes; a hundred subscribers; bodies of ${MESSAGES} messages; ${RECORDS} records of a metric that nobody has written yet`,
    seed: 'engine <1 MB, bus <500 KB, queue of 1,000 <2 MB, metrics <1 MB per 100,000 records',
    open: () => ({
      cases: {
        engine: holding(() => [
          targetOf('webhook', { url: 'https://example.com/hook' }),
          compileRoutes(rulesOf(100).map(({ route }) => route)),
        ]),
        bus: holding(() => compileRoutes(subscribers(100))),
        queue: holding(() =>
          // A text that was put together is one piece only once it has been read.
          Array.from({ length: MESSAGES }, () =>
            Buffer.from(JSON.stringify(deliveryPack(1))).toString('latin1'),
          ),
        ),
        metrics: holding(() => recorded(RECORDS)),
      },
    }),
  },
];

function subscribers(count: number) {
  return Array.from({ length: count }, (_, n) => ({
    id: `r${n}`,
    order: n,
    match: { topic: ['orders.paid'] },
    continue: true,
    destinations: [`d${n}`],
  }));
}

function recorded(records: number): unknown {
  const telemetry = createTelemetry({ ...telemetryOptions({}), write: () => {} });
  telemetry.begin('one');
  for (let n = 0; n < records; n++) telemetry.add('DeliveryLatencyMs', n % 500);
  return telemetry;
}

function holding(make: () => unknown): Case {
  return {
    check: () => make() !== undefined,
    run: () => (make(), 1),
    also: () => ({ 'KiB held': heldBy(make) / 1_024 }),
  };
}

/** Of several times, since a collection of its own takes place now and then. */
function heldBy(make: () => unknown): number {
  const collect = collector();
  const held: unknown[] = [];
  const bytes = Array.from({ length: 5 }, () => {
    held.length = 0;
    collect();
    const before = process.memoryUsage().heapUsed;
    held.push(make());
    collect();
    return process.memoryUsage().heapUsed - before;
  });
  return Math.max(0, Math.min(...bytes));
}

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
