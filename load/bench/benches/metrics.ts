import { Metrics } from '@aws-lambda-powertools/metrics';
import { setImmediate as turn } from 'node:timers/promises';
import { createTelemetry, telemetryOptions } from '../../../lib/platform/telemetry.ts';
import { countDelivery } from '../../naive/count.ts';
import { type Bench, type Case, repeated } from '../bench.ts';

const DELIVERIES = 100;
const WRITERS = 50;

/** What is counted, and what of it is written when a batch is over. */
export const metrics: readonly Bench[] = [
  {
    name: 'metrics/record',
    rows: 'B13',
    about: 'a delivery counted',
    seed: '~50 ns; measured 44 to 103 ns',
    open: () => ({ cases: { '': recording() } }),
  },
  {
    name: 'metrics/flush',
    rows: 'B13',
    about:
      'a delivery in the metrics of a batch of a hundred, counted and written; Powertools: a line for each',
    open: () => ({ cases: { '': flushing(), powertools: powertools() } }),
  },
  {
    name: 'metrics/writers',
    rows: 'B15',
    about: 'a count by one of fifty writers that take turns; their sum has to be exact',
    seed: 'contention; measured 97 ns',
    flaw: 'there are no threads here that could contend for a lock',
    open: () => ({ cases: { '': interleaved() } }),
  },
];

/** Telemetry whose lines end up in a list. */
function telemetryTo(lines: string[]) {
  return createTelemetry({ ...telemetryOptions({}), write: (line) => void lines.push(line) });
}

function recording(): Case {
  const lines: string[] = [];
  const telemetry = telemetryTo(lines);
  telemetry.begin('one');
  const add = () => telemetry.add('Delivered', 1, 'webhook');
  return {
    check() {
      add();
      telemetry.flush();
      return lines.length === 1 && lines[0]!.includes('"Delivered":1');
    },
    run: repeated(10_000, add),
  };
}

function flushing(): Case {
  const lines: string[] = [];
  const telemetry = telemetryTo(lines);
  const batch = (): string[] => {
    lines.length = 0;
    telemetry.begin('one');
    for (let n = 0; n < DELIVERIES; n++) {
      telemetry.add('Delivered', 1, 'webhook');
      telemetry.add('DeliveryLatencyMs', 17);
    }
    telemetry.flush();
    return lines;
  };
  return {
    check: () => batch().some((line) => line.includes(`"Delivered":${DELIVERIES}`)),
    run: () => (batch(), DELIVERIES),
    counters: () => ({ bytes: batch().join('\n').length / DELIVERIES }),
  };
}

function powertools(): Case {
  const own = new Metrics({ namespace: 'Naive', serviceName: 'sender' });
  const batch = (): number => {
    for (let n = 0; n < DELIVERIES; n++) countDelivery(own, 'Delivered', 17);
    return DELIVERIES;
  };
  return { rivalOf: '', check: () => batch() === DELIVERIES, run: batch };
}

function interleaved(): Case {
  const lines: string[] = [];
  const telemetry = telemetryTo(lines);
  const perWriter = 20;
  const write = async (): Promise<void> => {
    for (let n = 0; n < perWriter; n++) {
      telemetry.add('Delivered', 1, 'webhook');
      if (n % 5 === 0) await turn();
    }
  };
  const all = async (): Promise<number> => {
    lines.length = 0;
    telemetry.begin('one');
    await Promise.all(Array.from({ length: WRITERS }, write));
    telemetry.flush();
    return WRITERS * perWriter;
  };
  return {
    check: async () => {
      const written = await all();
      return lines.some((line) => line.includes(`"Delivered":${written}`));
    },
    run: all,
  };
}
