import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  Row,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { isMetricName, METRICS, type Metric, type MetricName } from '../../lib/core/metrics.ts';
import { METRIC_WORDS } from '../metric-words.ts';
import { own } from '../metrics.ts';
import type { Settings } from '../settings.ts';
import type { Alarms } from './alarms.ts';
import type { Consumer } from './consumer.ts';
import type { HttpApi } from './http-api.ts';

export interface DashboardProps {
  readonly service: string;
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly api: HttpApi;
  readonly consumers: readonly Consumer[];
}

/**
 * One dashboard: alarms, what Fanfare counts itself, the API, one graph for each queue. Up to 50 metrics a
 * dashboard costs nothing (the first three of an account), so functions show through their alarms only.
 */
export class Dashboard extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, { service, settings, alarms, api, consumers }: DashboardProps) {
    super(scope, id);
    const dashboard = new CloudWatchDashboard(this, 'Dashboard', { defaultInterval: Duration.hours(3) });
    dashboard.addWidgets(
      new AlarmStatusWidget({ title: 'Alarms', width: 24, height: 6, alarms: alarms.all }),
    );
    for (const row of rowsOf(3, [...ownWidgets(service, settings), apiWidget(api)]))
      dashboard.addWidgets(row);
    for (const row of rowsOf(
      3,
      consumers.map((consumer) => consumer.widget()),
    ))
      dashboard.addWidgets(row);
    this.name = dashboard.dashboardName;
  }
}

/** One graph for each metric with a dimension, one for all other counts, one for all other times. */
function ownWidgets(service: string, { channels, observability }: Settings): IWidget[] {
  const all = Object.keys(METRICS)
    .filter(isMetricName)
    .map((name): { name: MetricName; spec: Metric } => ({ name, spec: METRICS[name] }))
    .filter(({ spec }) => spec.lean || observability === 'full');
  const plain = (unit: Metric['unit']) =>
    all.filter(({ spec }) => spec.per === undefined && spec.unit === unit);
  const byChannel = all.filter(({ spec }) => spec.per === 'Channel');
  return [
    ...byChannel.map(({ name }) =>
      graph(
        `${name}: ${METRIC_WORDS[name]}`,
        channels.map((channel) => own(service, name, channel)),
      ),
    ),
    graph(
      'Counts',
      plain('Count').map(({ name }) => own(service, name)),
    ),
    graph(
      'Times, ms',
      plain('Milliseconds').flatMap(({ name }) => percentiles(service, name)),
    ),
  ];
}

function percentiles(service: string, name: MetricName): IMetric[] {
  return [50, 95, 99].map((p) =>
    own(service, name, undefined, { statistic: Stats.p(p), label: `${name} p${p}` }),
  );
}

function graph(title: string, left: IMetric[]): IWidget {
  return new GraphWidget({ title, width: 8, left });
}

function apiWidget({ stage }: HttpApi): IWidget {
  return new GraphWidget({
    title: 'API',
    width: 8,
    left: [
      stage.metricCount(),
      stage.metricClientError({ statistic: 'Sum' }),
      stage.metricServerError({ statistic: 'Sum' }),
    ],
    right: [stage.metricLatency({ statistic: Stats.p(99), label: 'p99, ms' })],
  });
}

function rowsOf(perRow: number, widgets: readonly IWidget[]): Row[] {
  return Array.from(
    { length: Math.ceil(widgets.length / perRow) },
    (_, row) => new Row(...widgets.slice(row * perRow, (row + 1) * perRow)),
  );
}
