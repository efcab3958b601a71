import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { usage } from '../../load/cost/usage.ts';
import { burstsSvg, outcomes } from '../../load/scale/bursts.ts';
import { type Demand, capacityFor, deliverRuns, rateOf } from '../../load/scale/capacity.ts';
import { type Burst, drain } from '../../load/scale/drain.ts';
import { QUOTAS, onDemand, provisioned, secondsUntil } from '../../load/scale/quotas.ts';
import { needsOf } from '../../load/scale/sizing.ts';
import { PICTURE, scale } from '../../load/scale.ts';
import { size } from '../../load/size.ts';

const USED = usage({ http: 0.033, invocations: 0.03, queues: 0.06, writes: 1.5, reads: 0.4, logs: 80 });
const DEMAND: Demand = { rate: 1_000, latencyMs: 200, fanOut: 3, profile: 'batch', waitSeconds: 60 };

const demands: fc.Arbitrary<Demand> = fc.record({
  rate: fc.double({ min: 0.01, max: 1e7, noNaN: true }),
  latencyMs: fc.integer({ min: 1, max: 30_000 }),
  fanOut: fc.integer({ min: 1, max: 100 }),
  profile: fc.constantFrom('single', 'batch', 'burst'),
  waitSeconds: fc.integer({ min: 1, max: 900 }),
});

describe('the calculator', () => {
  test('computes runs from rate, latency and what a run does at a time', () => {
    // Ten messages of ten deliveries, ten at a time: ten rounds of 200 ms, and 60 ms of its own.
    expect(deliverRuns(DEMAND)).toBeCloseTo((1_000 / 100) * 2.06);
    expect(capacityFor(DEMAND, USED)).toMatchObject({
      writes: 1_500,
      backlog: 60_000,
      alarmSeconds: 30,
      partitions: 1.5,
    });
  });

  test('turns round: so many runs carry the rate that needs them', () => {
    fc.assert(
      fc.property(demands, (demand) => {
        expect(rateOf(deliverRuns(demand), demand) / demand.rate).toBeCloseTo(1, 9);
      }),
    );
  });

  test('asks for more when there is more to do, and grows in proportion', () => {
    fc.assert(
      fc.property(demands, fc.integer({ min: 2, max: 50 }), (demand, times) => {
        const [one, more] = [demand, { ...demand, rate: demand.rate * times }].map((of) =>
          capacityFor(of, USED),
        );
        for (const name of [
          'events',
          'requests',
          'writes',
          'inFlight',
          'backlog',
          'dollarsPerMonth',
        ] as const)
          expect(more![name] / one![name]).toBeCloseTo(times, 6);
        expect(more!.dollarsPerMillion).toBeCloseTo(one!.dollarsPerMillion, 6);
        const slower = capacityFor({ ...demand, latencyMs: demand.latencyMs * 2 }, USED);
        expect(slower.runs.deliver).toBeGreaterThan(one!.runs.deliver);
        expect(slower.dollarsPerMillion).toBeGreaterThan(one!.dollarsPerMillion);
      }),
    );
  });

  test('keeps fractions, where whole numbers would compute a buffer of nothing', () => {
    const slow = capacityFor({ ...DEMAND, rate: 0.5 }, USED);
    expect(slow.bufferOf(4)).toBeCloseTo(0.075);
    expect(
      needsOf({ ...DEMAND, rate: 0.5 }, slow).find(({ what }) => what === 'buffer of a queue')?.value,
    ).toBe('0.3');
  });

  test('says what to raise only beyond a bound', () => {
    const todo = (rate: number): string[] =>
      needsOf({ ...DEMAND, rate }, capacityFor({ ...DEMAND, rate }, USED)).flatMap(({ what, todo: text }) =>
        text === '' ? [] : [what],
      );
    expect(todo(100)).toEqual([]);
    expect(todo(1e6)).toEqual(
      expect.arrayContaining(['runs at a time: deliver', 'runs at a time: all', 'write units a second']),
    );
  });

  test('knows when no growth reaches a number of runs', () => {
    expect(secondsUntil(305, onDemand())).toBe(60);
    expect(secondsUntil(3, onDemand())).toBe(0);
    expect(secondsUntil(QUOTAS.mapping.value + 1, onDemand())).toBeUndefined();
    expect(secondsUntil(1_020, provisioned())).toBe(60);
  });
});

describe('the simulation of a queue', () => {
  const bursts: fc.Arbitrary<Burst> = fc.record({
    messages: fc.integer({ min: 1, max: 20_000 }),
    overMs: fc.integer({ min: 0, max: 60_000 }),
    batch: fc.integer({ min: 1, max: 10 }),
    runMs: fc.integer({ min: 1, max: 30_000 }),
    growth: fc.record({
      start: fc.integer({ min: 1, max: 50 }),
      perMinute: fc.integer({ min: 0, max: 3_000 }),
      most: fc.integer({ min: 50, max: 20_000 }),
    }),
  });

  test('loses and makes no message, at any moment', () => {
    fc.assert(
      fc.property(bursts, (burst) => {
        const { moments, mostRuns } = drain(burst);
        let before = { arrived: 0, done: 0, atMs: -1 };
        for (const moment of moments) {
          expect(moment.waiting + moment.inFlight + moment.done).toBe(moment.arrived);
          expect(moment.arrived).toBeGreaterThanOrEqual(before.arrived);
          expect(moment.done).toBeGreaterThanOrEqual(before.done);
          expect(moment.atMs).toBeGreaterThan(before.atMs);
          expect(moment.inFlight).toBeLessThanOrEqual(moment.runs * burst.batch);
          before = moment;
        }
        expect(moments.at(-1)).toMatchObject({ done: burst.messages, waiting: 0, inFlight: 0 });
        expect(mostRuns).toBeLessThanOrEqual(burst.growth.most);
      }),
      { numRuns: 60 },
    );
  });

  test('takes as long as the runs that may go need', () => {
    const growth = { start: 5, perMinute: 0, most: 5 };
    // A thousand messages are a hundred runs, five at a time: twenty rounds of two seconds.
    const { drainedMs, oldestMs, mostRuns } = drain({
      messages: 1_000,
      overMs: 0,
      batch: 10,
      runMs: 2_000,
      growth,
    });
    expect([drainedMs, oldestMs, mostRuns]).toEqual([40_000, 38_000, 5]);
  });

  test('keeps nobody waiting who comes more slowly than he is served', () => {
    const calm = drain({ messages: 100, overMs: 100_000, batch: 10, runMs: 500, growth: onDemand() });
    expect(calm.oldestMs).toBe(0);
    expect(calm.drainedMs).toBeLessThan(101_000);
  });

  test('is never slower with faster growth', () => {
    fc.assert(
      fc.property(bursts, fc.integer({ min: 1, max: 1_000 }), (burst, more) => {
        // What comes bit by bit is taken in smaller batches by more runs, which may take longer in all.
        const atOnce = { ...burst, overMs: 0 };
        const growth = { ...burst.growth, perMinute: burst.growth.perMinute + more };
        expect(drain({ ...atOnce, growth }).drainedMs).toBeLessThanOrEqual(drain(atOnce).drainedMs);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the commands', () => {
  const terminal = () => {
    const said: string[] = [];
    return {
      said,
      say: (line: string) => void said.push(line),
      complain: (line: string) => void said.push(line),
    };
  };

  test('tell how they are used', () => {
    for (const command of [size, scale]) {
      const { said, ...streams } = terminal();
      expect(command(['--help'], streams)).toBe(0);
      expect(said.join('\n')).toMatch(/^npm run s/);
    }
  });

  test.each([
    [[], '--rate is needed'],
    [['--rate', '-5'], '--rate'],
    [['--rate', 'many'], '--rate takes a number above 0, not many'],
    [['--rate', '1', '--latency', '0'], '--latency takes a number above 0, not 0'],
    [['--rate', '1', '--fanout', 'x'], '--fanout'],
    [['--rate', '1', '--wait', ''], '--wait'],
    [['--rate', '1', '--profile', 'huge'], '--profile takes one of single, batch, burst, not huge'],
    [['--speed', '1'], '--speed'],
  ])('of sizes refuses %j and names it', (args, text) => {
    const { said, ...streams } = terminal();
    expect(size(args, streams)).toBe(2);
    expect(said.join('\n')).toContain(text);
  });

  test('answers a demand', () => {
    const { said, ...streams } = terminal();
    expect(size(['--rate', '1000000'], streams)).toBe(0);
    const text = said.join('\n');
    for (const wanted of [
      'deliveries a second',
      '1,000,000',
      'raise the quota of the table',
      'dollars a month',
    ])
      expect(text).toContain(wanted);
  });

  // If not: npm run scale
  test('draw the picture that the document shows', () => {
    expect(burstsSvg(outcomes())).toBe(readFileSync(PICTURE, 'utf8'));
  });
});
