import { parseSettings } from '../../cdk/settings.ts';
import { type Chart, chartsSvg } from './chart.ts';
import { deliverRunMs } from './capacity.ts';
import { type Burst, type Drained, drain } from './drain.ts';
import { type Growth, onDemand, provisioned } from './quotas.ts';

/** A million deliveries at once, in messages of ten, to providers that answer in 200 ms. */
const DELIVERIES = 1_000_000;
const LATENCY_MS = 200;
const BURST: Omit<Burst, 'growth'> = {
  messages: DELIVERIES / 10,
  overMs: 0,
  batch: 10,
  runMs: deliverRunMs({ latencyMs: LATENCY_MS, profile: 'batch' }),
};

export const BURST_TEXT = `${DELIVERIES.toLocaleString('en-US')} deliveries at once, ten in a message, ${LATENCY_MS} ms for an answer`;

/** A way in which a queue may be read. */
export interface Mode {
  readonly name: string;
  readonly color: string;
  readonly growth: Growth;
}

/** The queue of webhooks as it is deployed, with all that MaximumConcurrency takes, and with pollers of one's own. */
export function modes(): readonly Mode[] {
  const { by, deliver } = parseSettings({}).concurrency;
  const deployed = by['webhook'] ?? deliver;
  return [
    { name: `as deployed, ${deployed} runs`, color: '#c0392b', growth: onDemand(deployed) },
    { name: 'on demand, 1,000 runs', color: '#2471a3', growth: onDemand() },
    { name: 'provisioned, 2 pollers', color: '#1e8449', growth: provisioned() },
  ];
}

export interface Outcome extends Drained {
  readonly mode: Mode;
}

export function outcomes(burst: Omit<Burst, 'growth'> = BURST): readonly Outcome[] {
  return modes().map((mode) => Object.assign({ mode }, drain(Object.assign({ growth: mode.growth }, burst))));
}

/** What waits and how old it is, over time. The axis ends where the two that grow are long done. */
export function burstsSvg(all: readonly Outcome[]): string {
  const until = 2 * Math.max(...all.slice(1).map(({ drainedMs }) => drainedMs));
  const chart = (
    title: string,
    of: (moment: Drained['moments'][number]) => number,
    tick: Chart['tick'],
  ): Chart => ({
    title,
    tick,
    lines: all.map(({ mode, moments }) => ({
      label: mode.name,
      color: mode.color,
      points: moments.filter(({ atMs }) => atMs <= until).map((moment) => [moment.atMs / 1_000, of(moment)]),
    })),
  });
  return chartsSvg(
    [
      chart(
        'Messages that wait',
        ({ waiting }) => waiting,
        (value) => value.toLocaleString('en-US'),
      ),
      chart(
        'Age of the oldest message',
        ({ oldestMs }) => oldestMs / 1_000,
        (value) => `${Math.round(value)} s`,
      ),
      chart(
        'Runs at a time',
        ({ runs }) => runs,
        (value) => value.toLocaleString('en-US'),
      ),
    ],
    BURST_TEXT,
  );
}
