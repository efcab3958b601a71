/**
 * What a stack costs in a month in which nothing happens, read from its template. List prices of us-east-1,
 * without the free tier; only dashboards are counted as AWS does for everybody: three are free.
 */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}

export interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  // Properties are data of a hundred shapes; whoever reads one knows which.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly Properties?: any;
}

const MINUTES = 60 * 24 * 30;
/** CloudWatch: per metric an alarm looks at; an alarm of metric math pays for each. */
const ALARM_METRIC = 0.1;
const DASHBOARD = 3;
const FREE_DASHBOARDS = 3;
const FREE_DASHBOARD_METRICS = 50;
/** SQS: an idle mapping with MaximumConcurrency keeps five pollers, each asking three times a minute. */
const QUEUE_MAPPING = (5 * 3 * MINUTES * 0.4) / 1_000_000;
/** A call of the timers: request, 0.3 s at 256 MB on arm64, 3 minutes of 16 weak queries, 1 for replays, 3 notes, 1 for the scheduler. */
const TIMER_CALL = (0.2 + 0.3 * 0.25 * 13.3334 + (3 * 16 + 1) * 0.5 * 0.125 + 3 * 0.625 + 1) / 1_000_000;

/** Types that cost nothing while nothing happens. */
const FREE = new Set([
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::ApiMapping',
  'AWS::ApiGatewayV2::DomainName',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  'AWS::DynamoDB::GlobalTable',
  'AWS::IAM::Role',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
]);

/** Dollars a month by kind of resource. Throws for a type without a known price. */
export function idleBill(template: Template): {
  readonly total: number;
  readonly by: Readonly<Record<string, number>>;
} {
  const by: Record<string, number> = {};
  const resources = Object.values(template.Resources);
  const dashboards = resources.filter(({ Type }) => Type === 'AWS::CloudWatch::Dashboard');
  for (const resource of resources) {
    const price = priceOf(resource, dashboards.indexOf(resource));
    if (price > 0) by[resource.Type] = (by[resource.Type] ?? 0) + price;
  }
  return { total: Object.values(by).reduce((sum, price) => sum + price, 0), by };
}

function priceOf(resource: Resource, dashboard: number): number {
  switch (resource.Type) {
    case 'AWS::CloudWatch::Alarm':
      return ALARM_METRIC * alarmMetrics(resource).length;
    case 'AWS::CloudWatch::Dashboard':
      return dashboard < FREE_DASHBOARDS && dashboardMetrics(resource) <= FREE_DASHBOARD_METRICS
        ? 0
        : DASHBOARD;
    case 'AWS::Lambda::EventSourceMapping':
      return QUEUE_MAPPING;
    case 'AWS::Scheduler::Schedule':
      return MINUTES * TIMER_CALL;
    default:
      if (!FREE.has(resource.Type)) throw new Error(`no price is known for ${resource.Type}`);
      return 0;
  }
}

/** Metrics an alarm reads: itself, or the parts of its expression. */
export function alarmMetrics({ Properties }: Resource): readonly AlarmMetric[] {
  if (Properties.MetricName) return [Properties];
  return (Properties.Metrics as { MetricStat?: { Metric: AlarmMetric } }[]).flatMap(
    ({ MetricStat }) => MetricStat?.Metric ?? [],
  );
}

export interface AlarmMetric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

/** Metrics a dashboard refers to, statistics of one metric counted singly. */
export function dashboardMetrics({ Properties }: Resource): number {
  const { widgets } = JSON.parse(flatten(Properties.DashboardBody)) as {
    widgets: { properties: { metrics?: readonly unknown[] } }[];
  };
  return widgets.reduce((sum, { properties }) => sum + (properties.metrics?.length ?? 0), 0);
}

/** Text of a value built with `Fn::Join`; references become their names. */
export function flatten(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[name, argument] = ['', undefined]] = Object.entries(value) as [string, unknown][];
  if (name === 'Fn::Join') return (argument as [string, unknown[]])[1].map((part) => flatten(part)).join('');
  if (name === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`;
  return `<${String(argument)}>`;
}
