import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ALARMS, anchor } from '../../cdk/alarms.ts';
import { alarmMetrics, flatten } from './idle-bill.ts';
import { METRICS, type Metric } from '../../lib/core/metrics.ts';
import { registry } from '../../lib/registry.ts';
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
  const series = (metrics: readonly Metric[]): number =>
    metrics.reduce(
      (sum, { per }) => sum + (per === 'Channel' ? registry.size : per === 'Source' ? SOURCES : 1),
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
