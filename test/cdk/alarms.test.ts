import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ALARMS, anchor } from '../../cdk/alarms.ts';
import { type AlarmMetric, alarmMetrics, flatten } from './idle-bill.ts';
import { METRICS, type Metric } from '../../lib/core/metrics.ts';
import { parseSettings } from '../../cdk/settings.ts';
import { all } from './rules.ts';
import { synthesise } from './synthesise.ts';

const runbook = readFileSync('docs/runbook.md', 'utf8');
const headings = [...runbook.matchAll(/^## (.+)$/gm)].map((match) => match[1] as string);

describe('the runbook', () => {
  test('has exactly one heading for each kind of alarm, in the same order', () => {
    expect(headings).toEqual(Object.values(ALARMS).map(({ heading }) => heading));
  });

  test('says under each heading what to do', () => {
    const sections = runbook.split(/^## /m).slice(1);
    expect(sections.filter((section) => !/^- Do: /m.test(section))).toEqual([]);
  });
});

describe('kinds of alarms', () => {
  test('have headings with different anchors', () => {
    expect(new Set(headings.map((heading) => anchor(heading))).size).toBe(headings.length);
  });

  test.each(['lean', 'full'] as const)(
    'of %s are all in use when everything is observed so',
    (observability) => {
      const kinds = Object.entries(ALARMS).filter(
        ([, { level }]) => observability === 'full' || level === 'lean',
      );
      const names = all(synthesise({ observability }), 'AWS::CloudWatch::Alarm').map(
        ({ Properties }) => Properties.AlarmName as string,
      );
      const used = new Set(names.map((name) => name.split('-').at(-1)));
      expect(used).toEqual(new Set(kinds.map(([name]) => name)));
    },
  );
});

describe('series of our own', () => {
  /** Kinds of inbound webhooks a stack is likely to have at once. */
  const SOURCES = 10;
  /** One that is not used emits nothing. */
  const CHANNELS = parseSettings({}).channels.length;
  const series = (metrics: readonly Metric[]): number =>
    metrics.reduce(
      (sum, { per }) => sum + (per === 'Channel' ? CHANNELS : per === 'Source' ? SOURCES : 1),
      0,
    );
  const metrics: readonly Metric[] = Object.values(METRICS);

  test('are at most 20 when lean, 60 when full, because each costs $0.30 a month', () => {
    expect(series(metrics.filter(({ lean }) => lean))).toBeLessThanOrEqual(20);
    expect(series(metrics)).toBeLessThanOrEqual(60);
  });

  test('that alarms and the dashboard of a lean stack read are emitted there', () => {
    const lean = new Set(
      Object.entries<Metric>(METRICS)
        .filter(([, metric]) => metric.lean)
        .map(([name]) => name),
    );
    const template = synthesise();
    const alarmed = all(template, 'AWS::CloudWatch::Alarm').flatMap((alarm) => alarmMetrics(alarm));
    const [dashboard] = all(template, 'AWS::CloudWatch::Dashboard');
    const drawn = [...flatten(dashboard?.Properties.DashboardBody).matchAll(/\["Fanfare","(\w+)"/g)];
    const read = [
      ...alarmed.filter(({ Namespace }) => Namespace === 'Fanfare').map(({ MetricName }) => MetricName),
      ...drawn.map((match) => match[1]),
    ];
    expect(read.length).toBeGreaterThan(0);
    expect(read.filter((name) => !lean.has(name as string))).toEqual([]);
  });
});

describe('an alarm', () => {
  const alarm = (settings: object, id: RegExp) =>
    all(synthesise({ ...settings }), 'AWS::CloudWatch::Alarm').find((one) => id.test(one.id))!;
  /** The expression of a metric math alarm, evaluated over the values of its only metric; `null` is missing. */
  const evaluate = (expression: string, calls: readonly (number | null)[]): number[] => {
    if (calls.every((value) => value === null)) return [];
    const filled = calls.map((value) => value ?? 0);
    expect(expression).toBe('IF(RUNNING_SUM(FILL(calls, 0)) > 0 AND FILL(calls, 0) < 1, 1, 0)');
    return filled.map((value, at) =>
      filled.slice(0, at + 1).reduce((sum, one) => sum + one) > 0 && value < 1 ? 1 : 0,
    );
  };

  test.each([
    ['before the first run', [null, null, null, null], false],
    ['right after a deployment', [null, null, null, 4], false],
    ['while the timers run', [5, 5, 5, 5], false],
    ['after a pause of ten minutes', [5, 5, null, null], false],
    ['when the timers have stopped for 15 minutes', [5, null, null, null], true],
  ])('about silent timers, %s: %j rings: %s', (_, calls, rings) => {
    const { Properties } = alarm({}, /TimersSilent/);
    const { Expression } = Properties.Metrics.find((one: { Expression?: string }) => one.Expression);
    const breaching = evaluate(Expression, calls).filter((value) => value >= Properties.Threshold);

    expect(Properties.EvaluationPeriods).toBe(calls.length);
    expect(breaching.length >= Properties.DatapointsToAlarm).toBe(rings);
    // Once nothing at all is known, it stays as it is: quiet before the first run, ringing after the last.
    expect(Properties.TreatMissingData).toBe('ignore');
  });

  test('about the cost of deliveries divides what was spent by how many there were', () => {
    const { Properties } = alarm({ observability: 'full' }, /CostAlarm/);
    const metrics = Properties.Metrics as {
      Expression?: string;
      MetricStat?: { Metric: AlarmMetric; Stat: string };
    }[];
    expect(metrics.flatMap(({ Expression }) => Expression ?? [])).toEqual([
      'IF(FILL(delivered, 0) >= 100, spent / delivered, 0)',
    ]);
    expect(
      metrics.flatMap(({ MetricStat }) =>
        MetricStat ? [`${MetricStat.Metric.MetricName} ${MetricStat.Stat}`] : [],
      ),
    ).toEqual(['SpentMicroDollars Sum', 'DeliveryLatencyMs SampleCount']);
    expect(Properties.Threshold).toBe(20);
    const cheaper = alarm({ observability: 'full', maxDollarsPerMillion: 4.5 }, /CostAlarm/);
    expect(cheaper.Properties.Threshold).toBe(4.5);
  });

  test('about the cost of deliveries is refused where nothing counts it, by the name of its setting', () => {
    expect(() => parseSettings({ maxDollarsPerMillion: 4.5 })).toThrow(
      /fanfare\.maxDollarsPerMillion: needs observability/,
    );
    expect(() => parseSettings({ observability: 'full', maxDollarsPerMillion: 0 })).toThrow(
      /maxDollarsPerMillion/,
    );
  });

  test('about throttles of the ledger reads the table and each of its indexes', () => {
    const { Metrics } = alarm({ observability: 'full' }, /LedgerTableThrottles/).Properties;
    const read = (Metrics as { MetricStat?: { Metric: AlarmMetric } }[]).flatMap(({ MetricStat }) => {
      if (!MetricStat) return [];
      const { MetricName, Dimensions = [] } = MetricStat.Metric;
      const index = Dimensions.find(({ Name }) => Name === 'GlobalSecondaryIndexName')?.Value ?? 'table';
      return [`${MetricName} ${flatten(index)}`];
    });
    const places = ['table', 'open', 'due'];
    expect(read.toSorted()).toEqual(
      ['ReadThrottleEvents', 'WriteThrottleEvents']
        .flatMap((name) => places.map((place) => `${name} ${place}`))
        .toSorted(),
    );
  });
});
