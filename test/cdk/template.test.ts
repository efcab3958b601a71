import { describe, expect, test } from 'vitest';
import { type Template, alarmMetrics, dashboardMetrics, flatten, idleBill } from './idle-bill.ts';
import { ALARMS } from '../../cdk/alarms.ts';
import { lanes } from '../../cdk/lanes.ts';
import { parseSettings } from '../../cdk/settings.ts';
import { registry } from '../../lib/registry.ts';
import { RULES, all } from './rules.ts';
import { VARIANTS, synthesise } from './synthesise.ts';

describe.each(Object.entries(VARIANTS))('%s', (_, settings) => {
  const template = synthesise(settings);

  test.each(Object.entries(RULES))('%s', (_rule, rule) => {
    expect(rule(template)).toEqual([]);
  });

  test('stays far from the limit of 500 resources', () => {
    expect(Object.keys(template.Resources).length).toBeLessThan(450);
  });

  test('keeps the environment of a function below 3.5 KB with names as long as they get', () => {
    for (const { Properties } of all(template, 'AWS::Lambda::Function')) {
      const variables = Object.entries(Properties.Environment.Variables as Record<string, unknown>);
      // Generated names end in 13 random characters; the longest prefix of a queue's URL has 45.
      const bytes = variables.map(
        ([name, value]) => `${name}${flatten(value)}`.length + 60 * references(value),
      );
      expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(3_500);
    }
  });

  test('has no alarm that reads more than ten metrics', () => {
    for (const alarm of all(template, 'AWS::CloudWatch::Alarm')) {
      expect(alarmMetrics(alarm).length).toBeLessThanOrEqual(10);
    }
  });

  test('gives the alarms different names', () => {
    const names = all(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties.AlarmName);
    expect(new Set(names).size).toBe(names.length);
  });
});

function references(value: unknown): number {
  return JSON.stringify(value).split(/"(?:Ref|Fn::GetAtt)"/).length - 1;
}

describe('the default stack', () => {
  const template = synthesise();

  // API Gateway calls it as <api>/<stage>/$default: two parts behind the API's id, where other routes have more.
  test('lets the API call the function behind $default', () => {
    const arns = all(template, 'AWS::Lambda::Permission').map(({ Properties }) =>
      flatten(Properties.SourceArn),
    );
    expect(arns.filter((arn) => /[^*/]\/\*\/\*$/.test(arn))).toHaveLength(1);
  });

  test('answers links by $default, without a key and under the throttle of all routes', () => {
    const routes = all(template, 'AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties);
    expect(routes.map(({ RouteKey }) => String(RouteKey)).filter((key) => key.includes('links'))).toEqual([]);
    const fallback = routes.find(({ RouteKey }) => RouteKey === '$default');
    expect(fallback).toMatchObject({ AuthorizationType: 'NONE' });
    const [stage] = all(template, 'AWS::ApiGatewayV2::Stage').map(({ Properties }) => Properties);
    expect(stage).toMatchObject({
      DefaultRouteSettings: { ThrottlingRateLimit: 1_000, ThrottlingBurstLimit: 2_000 },
    });
    expect(Object.keys(stage?.RouteSettings ?? {})).not.toContain('$default');
    // What writes links down has the URL they begin with.
    const functions = all(template, 'AWS::Lambda::Function').map(({ Properties }) => Properties);
    for (const { Environment } of functions) expect(Environment.Variables).toHaveProperty('FANFARE_API_URL');
    // A path or query in the log would be a link that anybody who reads it can use.
    expect(JSON.stringify(stage?.AccessLogSettings)).not.toMatch(/context\.path|rawPath|context\.http/);
  });

  test('costs at most $10 in a month without events', () => {
    const bill = idleBill(template);
    console.info('idle bill, $ a month:', bill.total.toFixed(2), bill.by);
    expect(bill.total).toBeLessThanOrEqual(10);
  });

  test('has at most 40 alarms, and one dashboard of at most 50', () => {
    const alarms = all(template, 'AWS::CloudWatch::Alarm');
    expect(alarms.length).toBeLessThanOrEqual(40);
    expect(
      all(template, 'AWS::CloudWatch::Dashboard').map((dashboard) => dashboardMetrics(dashboard) <= 50),
    ).toEqual([true]);
  });

  test('uses at most half of the concurrency an account has by default', () => {
    const caps = all(template, 'AWS::Lambda::EventSourceMapping').map(
      ({ Properties }) => Properties.ScalingConfig.MaximumConcurrency as number,
    );
    const sum = caps.reduce((total, cap) => total + cap, 0);
    console.info('sum of MaximumConcurrency:', sum);
    expect(template.Outputs['Concurrency']).toMatchObject({ Value: expect.stringMatching(`^${sum} `) });
    // Lambda: 1,000 by default; the API needs its share.
    expect(sum).toBeLessThanOrEqual(500);
  });

  test('can have few messages in flight in each queue, far from the quota of 120,000', () => {
    const most = all(template, 'AWS::Lambda::EventSourceMapping').map(
      ({ Properties }) => Properties.ScalingConfig.MaximumConcurrency * Properties.BatchSize,
    );
    // Lambda takes no more from a queue than its functions have room for, and a little ahead: here tenfold.
    expect(Math.max(...most) * 10).toBeLessThanOrEqual(ALARMS.inFlight.threshold);
  });

  test('tells people of alarms by mail, past everything that the product does', () => {
    const told = synthesise({ alarmAddress: 'team@example.com' });
    const [subscription, ...others] = all(told, 'AWS::SNS::Subscription');
    expect(others).toEqual([]);
    expect(subscription?.Properties).toMatchObject({ Protocol: 'email', Endpoint: 'team@example.com' });
    const topic = flatten(subscription?.Properties.TopicArn);
    const actions = all(told, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties.AlarmActions);
    expect(new Set(actions.map((list) => list.map((action: unknown) => flatten(action)).join()))).toEqual(
      new Set([topic]),
    );
    // No function hears the topic, and none is invoked by an alarm.
    const invokers = all(told, 'AWS::Lambda::Permission').map(({ Properties }) => Properties.Principal);
    expect(invokers).not.toContain('sns.amazonaws.com');
    expect(invokers).not.toContain('lambda.alarms.cloudwatch.amazonaws.com');
  });

  test('has an alarm that rings when its regular run falls silent', () => {
    const alarm = all(template, 'AWS::CloudWatch::Alarm').find(({ id }) => id.includes('TimersSilent'));
    const { TreatMissingData, AlarmDescription } = alarm?.Properties ?? {};
    expect(AlarmDescription).toContain(ALARMS.timersSilent.heading);
    expect(TreatMissingData).not.toBe('notBreaching');
  });

  /**
   * MaximumConcurrency ~ ceil(L * H / items): rate, time of a run, items of a run. How many destinations there will
   * be is unknown here, so the formula is asserted for one: a scope with a known limit, its runs waiting for slots
   * as long as they may (1.1 s) and then a second for the provider, must get through at its full rate.
   */
  test.each(lanes(parseSettings({})))('lets one scope have its full rate in $id', ({ key, concurrency }) => {
    const { channels, dedicated } = parseSettings({});
    const carried = channels.filter((name) => (dedicated.includes(key) ? name === key : true));
    const scopes: readonly { readonly limit: number; readonly perMs: number }[] = carried.flatMap((name) => {
      const { rate, scopeNames } = registry.get(name)!;
      return [rate ?? [], scopeNames].flat();
    });
    const runSeconds = 1.1 + 1;
    const needed = scopes.map(({ limit, perMs }) => Math.ceil(((limit * 1_000) / perMs / 10) * runSeconds));

    expect(Math.max(0, ...needed)).toBeLessThanOrEqual(concurrency);
  });

  test('has nothing of what profiles runs, as long as no setting asks for it', () => {
    const without = JSON.stringify(template);
    const sampled = JSON.stringify(synthesise({ sampling: { oneIn: 10 } }));
    for (const trace of ['AWS::S3', 's3:', 'FANFARE_SAMPLING', 'sampled.handler']) {
      expect(without).not.toContain(trace);
      expect(sampled).toContain(trace);
    }
  });

  test('tells where the API and the dashboard are and what to do next', () => {
    expect(Object.keys(template.Outputs)).toEqual(['ApiUrl', 'Dashboard', 'Concurrency', 'Next']);
    expect(template.Outputs['Next']).toEqual({ Value: 'npx fanfare init --stack Fanfare' });
  });

  test('keeps the logical ids by which CloudFormation knows tables, queues and API', () => {
    const frozen = ['AWS::DynamoDB::GlobalTable', 'AWS::SQS::Queue', 'AWS::ApiGatewayV2::Api'];
    expect(frozen.flatMap((type) => all(template, type).map(({ id }) => id)).toSorted()).toEqual([
      'FanfareDeliverEmailDeadLetters3363C988',
      'FanfareDeliverEmailQueue485DA2DB',
      'FanfareDeliverHttpDeadLettersCA4DBD85',
      'FanfareDeliverHttpQueueF460DC21',
      'FanfareDeliverSlackDeadLettersBF2FCA8A',
      'FanfareDeliverSlackQueueD467DAB8',
      'FanfareDeliverUrgentDeadLettersB1799152',
      'FanfareDeliverUrgentQueueC03E9CC2',
      'FanfareDeliverWebhookDeadLetters625A77AA',
      'FanfareDeliverWebhookQueue9C98C229',
      'FanfareEventsDeadLettersC960CA2E',
      'FanfareEventsQueueDA34712B',
      'FanfareEventsUrgentDeadLettersE657CBAB',
      'FanfareEventsUrgentQueue3449D06E',
      'FanfareHttpApi7CDAD3A6',
      'FanfareStateCatalogC10A57B7',
      'FanfareStateLedger5562C2A8',
      'FanfareStateLimitsBD5DC5D9',
    ]);
  });
});

test('two stacks share no name', () => {
  const first = new Set(namesIn(synthesise({ stack: 'First' })));
  expect(first.size).toBeGreaterThan(0);
  expect(namesIn(synthesise({ stack: 'Second' })).filter((name) => first.has(name))).toEqual([]);
});

const NAMES = [
  'QueueName',
  'AlarmName',
  'TableName',
  'RoleName',
  'FunctionName',
  'LogGroupName',
  'TopicName',
  'DashboardName',
  'Name',
];

/** Names that are given, not generated. */
function namesIn({ Resources }: Template): string[] {
  return Object.values(Resources)
    .flatMap(({ Properties }) => NAMES.map((key): unknown => Properties?.[key]))
    .filter((name) => typeof name === 'string');
}
