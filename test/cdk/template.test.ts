import { describe, expect, test } from 'vitest';
import { alarmMetrics, dashboardMetrics, flatten, idleBill } from '../../cdk/idle-bill.ts';
import { registry } from '../../lib/registry.ts';
import { RULES, all } from './rules.ts';
import { synthesise } from './synthesise.ts';

const VARIANTS = {
  'the default stack': {},
  'one channel': { channels: ['slack'] },
  'every channel dedicated, everything observed': { dedicated: [...registry.keys()], observability: 'full' },
  'own domain, alarm address, debug log': {
    stack: 'Second',
    domain: {
      name: 'events.example.com',
      certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/a',
    },
    alarmAddress: 'team@example.com',
    logLevel: 'debug',
  },
};

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

  test('costs at most $10 in a month without events', () => {
    const bill = idleBill(template);
    console.info('idle bill, $ a month:', bill.total.toFixed(2), bill.by);
    expect(bill.total).toBeLessThanOrEqual(10);
  });

  test('has at most 40 alarms of ten metrics each, and one dashboard of at most 50', () => {
    const alarms = all(template, 'AWS::CloudWatch::Alarm');
    expect(alarms.length).toBeLessThanOrEqual(40);
    for (const alarm of alarms) expect(alarmMetrics(alarm).length).toBeLessThanOrEqual(10);
    expect(
      all(template, 'AWS::CloudWatch::Dashboard').map((dashboard) => dashboardMetrics(dashboard) <= 50),
    ).toEqual([true]);
  });

  test('keeps its alarms below the cost of concurrency it can use', () => {
    const caps = all(template, 'AWS::Lambda::EventSourceMapping').map(
      ({ Properties }) => Properties.ScalingConfig.MaximumConcurrency as number,
    );
    const sum = caps.reduce((total, cap) => total + cap, 0);
    console.info('sum of MaximumConcurrency:', sum);
    // Lambda: the default quota of an account is 1,000 in all regions; ingest needs its share.
    expect(sum).toBeLessThanOrEqual(500);
  });

  test('tells where the API and the dashboard are and what to do next', () => {
    expect(Object.keys(template.Outputs)).toEqual(['ApiUrl', 'Dashboard', 'Next']);
    expect(template.Outputs['Next']).toEqual({ Value: 'npx fanfare init --stack Fanfare' });
  });

  test('keeps the logical ids by which CloudFormation knows tables, queues and API', () => {
    const frozen = ['AWS::DynamoDB::GlobalTable', 'AWS::SQS::Queue', 'AWS::ApiGatewayV2::Api'];
    expect(frozen.flatMap((type) => all(template, type).map(({ id }) => id)).toSorted()).toEqual([]);
  });
});

test('two stacks share no name', () => {
  const names = (stack: string): string[] =>
    Object.values(synthesise({ stack }).Resources).flatMap(({ Properties }) =>
      [
        'QueueName',
        'AlarmName',
        'TableName',
        'RoleName',
        'FunctionName',
        'LogGroupName',
        'TopicName',
        'DashboardName',
        'Name',
      ]
        .map((key) => Properties?.[key] as unknown)
        .filter((name): name is string => typeof name === 'string'),
    );
  const first = new Set(names('First'));
  expect(first.size).toBeGreaterThan(0);
  expect(names('Second').filter((name) => first.has(name))).toEqual([]);
});
