import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FunctionStats } from '../../cdk/local/stats.ts';
import { cost } from '../../load/cost.ts';
import { columns, money } from '../../load/cost/columns.ts';
import {
  type Ran,
  countOf,
  dollarsPerMillion,
  hopOf,
  perDelivery,
  perMillion,
} from '../../load/cost/count.ts';
import { monthOf } from '../../load/cost/month.ts';
import { PUBLISHED, perMillionDeliveries } from '../../load/cost/published.ts';
import type { Counted } from '../../load/cost/report.ts';
import { PARTS, PART_NAMES, added, dollarsOf, scaled, totalOf, usage } from '../../load/cost/usage.ts';

const STATS: FunctionStats = {
  invocations: 0,
  errors: 0,
  timeouts: 0,
  records: 0,
  calls: 0,
  byAction: {},
  denied: 0,
  conflicts: {},
  refused: 0,
  writeUnits: 0,
  readUnits: 0,
  sqsRequests: 0,
  mappingRequests: 0,
  billedMs: 0,
  logBytes: 0,
};
const RAN: Ran = { deliveries: 100, posts: 10, egressBytes: 4_000, memoryMb: () => 512 };
const FUNCTIONS = {
  Ingest: { ...STATS, invocations: 10, writeUnits: 20, billedMs: 100 },
  Events: { ...STATS, invocations: 5, sqsRequests: 10, mappingRequests: 10 },
  DeliverWebhook: { ...STATS, invocations: 20, calls: 30, writeUnits: 100, readUnits: 4, logBytes: 8_000 },
  DeliverSlack: { ...STATS, mappingRequests: 3 },
  Timers: { ...STATS, invocations: 1, writeUnits: 1 },
  NaiveSender: { ...STATS, invocations: 10, writeUnits: 400, sqsRequests: 10, mappingRequests: 20 },
};

const counts = fc
  .tuple(...PART_NAMES.map(() => fc.nat(1e9)))
  .map((values) => usage(Object.fromEntries(PART_NAMES.map((part, at) => [part, values[at]!]))));

describe('what a run used', () => {
  test('is sorted by hop, stack by stack', () => {
    const { hops, deliverCalls } = countOf(FUNCTIONS, 'fanfare', RAN);
    expect(hops).toEqual({
      api: usage({ http: 10 }),
      ingest: usage({ invocations: 10, writes: 20, compute: 0.05 }),
      'fan-out': usage({ invocations: 5, queues: 20 }),
      deliver: usage({ invocations: 20, writes: 100, reads: 4, logs: 8_000, egress: 4_000 }),
      rest: usage({ invocations: 1, writes: 1 }),
    });
    expect(deliverCalls).toBe(30);
    const naive = countOf(FUNCTIONS, 'naive', RAN);
    expect(naive.hops.deliver).toEqual(usage({ invocations: 10, writes: 400, queues: 30, egress: 4_000 }));
    expect(totalOf(naive.hops.rest)).toBe(0);
  });

  test('is priced by the delivery, the queues of the naive stack as those without groups', () => {
    const ours = countOf(FUNCTIONS, 'fanfare', RAN);
    expect(perDelivery(ours).writes).toBe(1.21);
    expect(perMillion(ours).writes).toBeCloseTo(1.21 * 0.625);
    expect(perMillion(ours, 'fan-out').queues).toBeCloseTo(0.2 * 0.5);
    expect(perMillion(countOf(FUNCTIONS, 'naive', RAN)).queues).toBeCloseTo(0.3 * 0.4);
    expect(dollarsPerMillion(ours)).toBeCloseTo(totalOf(perMillion(ours)));
  });

  test('belongs to one side only', () => {
    for (const label of Object.keys(FUNCTIONS)) {
      const sides = [hopOf(label, 'fanfare'), hopOf(label, 'naive')];
      expect(sides.filter((hop) => hop !== undefined)).toHaveLength(1);
    }
  });
});

describe('dollars', () => {
  test('never fall when more is used, and add up', () => {
    fc.assert(
      fc.property(counts, counts, fc.nat(1_000), (one, more, by) => {
        const both = totalOf(dollarsOf(added([one, more])));
        expect(both).toBeGreaterThanOrEqual(totalOf(dollarsOf(one)));
        expect(both).toBeCloseTo(totalOf(dollarsOf(one)) + totalOf(dollarsOf(more)), 3);
        expect(totalOf(dollarsOf(scaled(one, by)))).toBeCloseTo(totalOf(dollarsOf(one)) * by, 1);
      }),
    );
  });

  test('are asked for every part', () => {
    for (const part of PART_NAMES) expect(totalOf(dollarsOf(usage({ [part]: 1 })))).toBe(PARTS[part]);
  });

  test('of a month are what is fixed and what each delivery costs', () => {
    const fixed = { idle: 9, by: {}, series: 6 };
    expect(monthOf(2e-6, 0, fixed)).toBe(9);
    expect(monthOf(2e-6, 1_000_000, fixed)).toBe(17);
    fc.assert(
      fc.property(fc.nat(1e9), fc.nat(1e9), (a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        expect(monthOf(2e-6, less, fixed)).toBeLessThanOrEqual(monthOf(2e-6, more, fixed));
      }),
    );
  });

  test('are written so that small ones can be told apart', () => {
    expect([0, 0.000_2, 0.0456, 2.5, 12.345, 5_000].map((one) => money(one))).toEqual([
      '0',
      '<0.001',
      '0.046',
      '2.500',
      '12.35',
      '5,000.00',
    ]);
    expect(
      columns([
        ['', 'b'],
        ['aa', '10'],
      ]),
    ).toEqual(['     b', 'aa  10']);
  });
});

describe('published prices', () => {
  test('have a date and a source', () => {
    for (const { at, source, what } of PUBLISHED) {
      expect(at).toMatch(/^20\d\d-\d\d$/);
      expect(new URL(source).protocol).toBe('https:');
      expect(what.length).toBeGreaterThan(10);
    }
  });

  test('of an event are shared by its deliveries', () => {
    const one = { product: '', what: '', at: '', source: '' };
    expect(perMillionDeliveries({ ...one, dollars: 3, per: 'event', perDelivery: 0.5 }, 3)).toBe(1.5);
    expect(perMillionDeliveries({ ...one, dollars: 3, per: 'delivery' }, 3)).toBe(3);
  });
});

const COUNTED: Counted = {
  profiles: {
    batch: { fanfare: countOf(FUNCTIONS, 'fanfare', RAN), naive: countOf(FUNCTIONS, 'naive', RAN) },
  },
  channels: { event: usage({ http: 1 }), byChannel: { slack: usage({ writes: 3 }) } },
  fixed: { idle: 9.5, by: { 'AWS::CloudWatch::Alarm': 9.5 }, series: 6 },
};

describe('npm run cost', () => {
  const run = async (...args: string[]) => {
    const said: string[] = [];
    const complained: string[] = [];
    const asked: (readonly string[])[] = [];
    const terminal = {
      say: (line: string) => void said.push(line),
      complain: (line: string) => void complained.push(line),
      progress: () => undefined,
    };
    const code = await cost(args, terminal, async (names) => {
      asked.push(names);
      return COUNTED;
    });
    return { code, said: said.join('\n'), complained: complained.join('\n'), asked };
  };

  test('tells how it is used', async () => {
    const { code, said, asked } = await run('--help');
    expect([code, asked]).toEqual([0, []]);
    expect(said).toContain('--profile single|batch|burst');
  });

  test.each([
    [['--profile', 'huge'], '--profile takes one of single, batch, burst, not huge'],
    [['--volume', 'lots'], '--volume takes a whole number from 1 to'],
    [['--volume', '0'], '--volume'],
    [['--speed', '1'], '--speed'],
  ])('refuses %j and names it', async (args, text) => {
    const { code, complained, asked } = await run(...args);
    expect([code, asked]).toEqual([2, []]);
    expect(complained).toContain(text);
  });

  test('prints hops, both stacks, channels, others and a month, and writes what it counted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cost-'));
    const file = join(folder, 'cost.json');
    const { code, said, asked } = await run('--profile', 'batch', '--volume', '2000000', '--json', file);
    expect([code, asked]).toEqual([0, [['batch']]]);
    const [ours] = /^all .*$/m.exec(said) ?? [];
    expect(ours?.split(/\s+/).at(-1)).toBe(money(dollarsPerMillion(COUNTED.profiles.batch!.fanfare)));
    for (const text of ['fan-out', 'naive stack', 'slack', 'Novu Cloud', '$9.500', '2,000,000', 'not linear'])
      expect(said).toContain(text);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      prices: { region: 'us-east-1' },
      ...COUNTED,
    });
    rmSync(folder, { recursive: true });
  });

  test('fails when something did not arrive', async () => {
    const complained: string[] = [];
    const terminal = {
      say: () => {},
      complain: (line: string) => void complained.push(line),
      progress: () => {},
    };
    const code = await cost([], terminal, () => Promise.reject(new Error('3 deliveries did not arrive')));
    expect([code, complained]).toEqual([1, ['3 deliveries did not arrive']]);
  });
});
