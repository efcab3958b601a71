import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judge, parseCriterion } from '../../../load/driver/criterion.ts';
import { allScenarios, findScenario, scenarioNames } from '../../../load/driver/find-scenario.ts';
import { readOptions } from '../../../load/driver/options.ts';
import { parseScenario } from '../../../load/driver/scenario.ts';

const held = (text: string, value: number | undefined, rateScale = 1) => {
  const criterion = parseCriterion(text, ['spike']);
  if (typeof criterion === 'string') throw new Error(criterion);
  return judge(criterion, value === undefined ? {} : { [criterion.metric]: value }, rateScale);
};

describe('a criterion', () => {
  test.each([
    ['latency.p95 < 500 ms', 499.9, 'met'],
    ['latency.p95 < 500 ms', 500, 'missed'],
    ['latency.p95 <= 0.5 s', 500, 'met'],
    ['requests.failedShare < 1 %', 0.0099, 'met'],
    ['requests.failedShare < 1 %', 0.01, 'missed'],
    ['metrics.delivered = 50_000', 50_000, 'met'],
    ['metrics.delivered = 50_000', 50_001, 'missed'],
    ['spike.failedShare < 0.5 %', 0.004, 'met'],
    ['requests.refused > 0', 0, 'missed'],
    ['latency.p95 < 500 ms', Number.NaN, 'missed'],
  ])('%s is held against %d: %s', (text, value, kind) => {
    expect(held(text, value).kind).toBe(kind);
  });

  test('is absent where nothing could be measured, and never met', () => {
    expect(held('drain.time < 30 s', undefined)).toEqual({
      criterion: 'drain.time < 30 s',
      kind: 'absent',
      bound: 30_000,
    });
  });

  test('shrinks with the rate of the run when it is one', () => {
    expect(held('requests.perSecond > 9_500 /s', 96, 0.01)).toMatchObject({ kind: 'met', bound: 95 });
    expect(held('requests.perSecond > 9_500 /s', 96).kind).toBe('missed');
    expect(held('latency.p95 < 500 ms', 499, 0.01)).toMatchObject({ kind: 'met', bound: 500 });
  });

  test('may be another metric', () => {
    const criterion = parseCriterion('metrics.delivered = deliveries.wanted', []);
    if (typeof criterion === 'string') throw new Error(criterion);
    const kindOf = (values: Record<string, number>) => judge(criterion, values, 0.1).kind;
    expect(kindOf({ 'metrics.delivered': 50, 'deliveries.wanted': 50 })).toBe('met');
    expect(kindOf({ 'metrics.delivered': 49, 'deliveries.wanted': 50 })).toBe('missed');
    expect(kindOf({ 'metrics.delivered': 50 })).toBe('absent');
    expect(kindOf({ 'deliveries.wanted': 50 })).toBe('absent');
  });

  test.each([
    ['latency.p95 500', 'is no criterion'],
    ['metrics.delivered = deliveries.wantd', 'did you mean deliveries.wanted?'],
    ['latency.p95 < 500 sec', 'no unit sec; '],
    ['latncy.max < 500 ms', 'did you mean latency.max?'],
    ['spike.failedshare < 1 %', 'did you mean failedShare?'],
    ['spikes.failedShare < 1 %', 'no metric spikes.failedShare'],
  ])('that is wrong, %s, is told what is wrong: %s', (text, fault) => {
    expect(parseCriterion(text, ['spike'])).toContain(fault);
  });
});

describe('a scenario', () => {
  test('comes with each row of the list but those of applications, by name and by row', () => {
    const rows = Array.from({ length: 21 }, (_, n) => `L${String(n + 1).padStart(2, '0')}`);
    expect(allScenarios().flatMap(({ id }) => id ?? [])).toEqual(rows);
    expect(findScenario('L11').name).toBe('webhook-steady');
    expect(findScenario('l08').name).toBe('stress');
    for (const name of scenarioNames()) expect(findScenario(name).name).toBe(name);
  });

  test('that nobody knows is answered with the name that was probably meant', () => {
    expect(() => findScenario('webhook-stedy')).toThrow('did you mean webhook-steady?');
    expect(() => findScenario('L99')).toThrow('no scenario L99');
    expect(() => findScenario('nowhere.json')).toThrow('there is no file nowhere.json');
  });

  test('says all that is wrong with it', () => {
    const wrong = {
      about: 'x',
      stages: [
        { rate: -1, seconds: 1, burst: true },
        { name: 'latency', rate: 1, seconds: 1 },
      ],
      flows: [{ flow: 'psot' }],
      stack: { catalog: {} },
      criteria: ['x'],
    };
    const faults = parseScenario('x', JSON.stringify(wrong)) as string[];
    expect(faults.some((fault) => fault.startsWith('stages.0.rate:'))).toBe(true);
    expect(faults.some((fault) => fault.includes('burst'))).toBe(true);
    expect(faults).toContain('stages.1.name: is the name of something else already');
    expect(faults.some((fault) => fault.startsWith('flows.0.flow:') && fault.includes('post'))).toBe(true);
    expect(parseScenario('x', '{')).toEqual([expect.stringMatching(/^no JSON/)]);
  });

  test('that counts events must post equally many with each request', () => {
    const scenario = {
      about: 'x',
      unit: 'events',
      stages: [{ rate: 1, seconds: 1 }],
      flows: [{ flow: 'post' }, { flow: 'post', events: 2 }],
      stack: { catalog: {} },
      criteria: ['requests.sent > 0'],
    };
    expect(parseScenario('x', JSON.stringify(scenario))).toEqual([expect.stringMatching(/^unit: /)]);
  });
});

describe('the command line', () => {
  function asked(...args: string[]) {
    const options = readOptions(args, {});
    if (typeof options === 'string') throw new Error(`asked for ${options}`);
    return options;
  }
  const scaleOf = (...args: string[]) => asked(...args).runs[0]?.scale;

  test('has the scale that fits this machine unless it says one', () => {
    expect(readOptions(['L13'], {})).toMatchObject({
      runs: [{ scale: { rate: 0.005, time: 0.2 } }],
      seed: 1,
    });
    expect(scaleOf('L13', '--scale', '1')).toEqual({ rate: 1, time: 1 });
    expect(scaleOf('L13', '--scale', '0.1,0.5')).toEqual({ rate: 0.1, time: 0.5 });
  });

  test('has ten seconds of load at most when it is to be quick, and what is shorter stays as it is', () => {
    expect(scaleOf('L13', '--quick')).toEqual({ rate: 0.005, time: 10 / 360 });
    expect(scaleOf('L05', '--quick')).toEqual({ rate: 1, time: 1 });
  });

  test('runs all scenarios, each with a report of its own, and ends what takes too long', () => {
    const { runs, timeoutMs } = asked('all', '--json', 'runs', '--timeout', '90');
    expect(runs.map(({ scenario }) => scenario.name).toSorted()).toEqual(scenarioNames());
    expect(runs[0]).toMatchObject({ json: join('runs', `${runs[0]!.scenario.name}.json`), html: undefined });
    expect(timeoutMs).toBe(90_000);
    expect(asked('L01', '--json', 'one.json').runs).toMatchObject([{ json: 'one.json' }]);
  });

  test.each([
    [[], 'name one scenario'],
    [['L01', 'L02'], 'name one scenario'],
    [['L01', '--scale', '2'], '--scale takes shares'],
    [['L01', '--scale', '1,2,3'], '--scale takes shares'],
    [['L01', '--scale', '1', '--quick'], 'give one of them'],
    [['L01', '--timeout', '0'], '--timeout takes seconds'],
    [['L01', '--seed', 'x'], '--seed takes a whole number'],
    [['L01', '--target', 'example.com'], '--target takes a URL'],
    [['L01', '--target', 'https://example.com'], 'FANFARE_API_KEY'],
    [['L01', '--bogus'], '--bogus'],
  ])('%j is refused: %s', (args, fault) => {
    expect(() => readOptions(args, {})).toThrow(fault);
  });

  test('takes a target with a key from the environment', () => {
    const options = readOptions(['L01', '--target', 'https://example.com'], { FANFARE_API_KEY: 'k' });
    expect(options).toMatchObject({ target: { url: 'https://example.com', key: 'k' } });
  });
});
