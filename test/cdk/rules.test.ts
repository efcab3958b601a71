import { expect, test } from 'vitest';
import type { Resource, Template } from './idle-bill.ts';
import { RULES, all } from './rules.ts';
import { synthesise } from './synthesise.ts';

const sound = synthesise({ sampling: { oneIn: 1_000 } });

// A rule that nothing can break proves nothing: here each one meets what it is there to find.
const BREAKS: Record<keyof typeof RULES, (template: Template) => void> = {
  'visibility is at least six times the time-out plus the window': (t) => (queue(t).VisibilityTimeout = 179),
  'a queue has a dead-letter queue that keeps messages for 14 days and longer than itself': (t) =>
    (deadLetters(t).MessageRetentionPeriod = 86_400),
  'a dead-letter queue takes from its own queue only, other queues from none': (t) =>
    (deadLetters(t).RedriveAllowPolicy = { redrivePermission: 'allowAll' }),
  'a queue has a reader, with partial responses and a cap': (t) =>
    delete first(t, 'AWS::Lambda::EventSourceMapping').Properties.ScalingConfig,
  'a queue has an alarm whose heading is in the runbook': (t) =>
    (first(t, 'AWS::CloudWatch::Alarm', /DeliverSlackDeliveryAge/).Properties.AlarmDescription = 'slow'),
  'a message outlasts an hour of throttles': (t) =>
    (queue(t).RedrivePolicy = { ...queue(t).RedrivePolicy, maxReceiveCount: 9 }),
  'an alarm about a dead-letter queue counts what lies there and what is received again and again': (t) =>
    first(t, 'AWS::CloudWatch::Alarm', /DeliverSlackDeadLettersHeld/).Properties.Metrics.pop(),
  'who may send as an identity of SES may use its configuration set': (t) =>
    grant(t, /Ingest/, { Action: 'ses:SendEmail', Resource: 'arn:aws:ses:*:1:identity/*' }),
  'a queue is encrypted': (t) => (queue(t).SqsManagedSseEnabled = false),
  'a queue refuses plain text': (t) =>
    (first(t, 'AWS::SQS::QueuePolicy').Properties.PolicyDocument.Statement[0].Effect = 'Allow'),
  'a topic refuses plain text': (t) =>
    (first(t, 'AWS::SNS::TopicPolicy').Properties.PolicyDocument.Statement[0].Effect = 'Allow'),
  'CloudWatch may publish to a topic: no key, and a policy that lets it in': (t) =>
    Object.assign(first(t, 'AWS::SNS::Topic'), { Properties: { KmsMasterKeyId: 'alias/aws/sns' } }),
  'an alarm speaks to the topic and names a heading of the runbook': (t) =>
    (first(t, 'AWS::CloudWatch::Alarm').Properties.AlarmActions = []),
  'a table can be restored to any second': (t) =>
    delete first(t, 'AWS::DynamoDB::GlobalTable').Properties.Replicas[0].PointInTimeRecoverySpecification,
  'catalog and ledger outlive the stack and refuse deletion': (t) =>
    (first(t, 'AWS::DynamoDB::GlobalTable', /Ledger/).Properties.Replicas[0].DeletionProtectionEnabled =
      false),
  'a log is kept for at most a year': (t) =>
    delete first(t, 'AWS::Logs::LogGroup').Properties.RetentionInDays,
  'a function runs on arm64 with Node 24, logs JSON to its own log and reserves nothing': (t) =>
    (first(t, 'AWS::Lambda::Function').Properties.ReservedConcurrentExecutions = 10),
  'a function has a role of its own without managed policies': (t) =>
    (first(t, 'AWS::Lambda::Function', /Ingest/).Properties.Role = first(
      t,
      'AWS::Lambda::Function',
      /Manage/,
    ).Properties.Role),
  'permissions name exact actions and resources, except where acknowledged': (t) =>
    grant(t, /Ingest/, { Action: 'dynamodb:*', Resource: 'arn:aws:dynamodb:::table/a' }),
  'no permission stands outside a role': (t) => {
    (t.Resources as Record<string, Resource>)['Extra'] = { Type: 'AWS::IAM::Policy' };
  },
  'a function that sends to the queue it reads may loop': (t) =>
    (first(t, 'AWS::Lambda::Function', /DeliverSlack/).Properties.RecursiveLoop = 'Terminate'),
  'the API logs access without path or query and limits its rate': (t) =>
    (first(t, 'AWS::ApiGatewayV2::Stage').Properties.AccessLogSettings.Format += '$context.path'),
  'alert routes have the default quota of an account': (t) =>
    delete first(t, 'AWS::ApiGatewayV2::Stage').Properties.RouteSettings['POST /webhook'],
  'a bucket is private, encrypted, of one owner, refuses plain text and empties itself within days': (t) =>
    (first(t, 'AWS::S3::Bucket').Properties.LifecycleConfiguration.Rules[0].Status = 'Disabled'),
  'a function that profiles some of its runs may put profiles below its own name, and no other may use S3': (
    t,
  ) => (first(t, 'AWS::Lambda::Function', /Ingest/).Properties.Handler = 'index.handler'),
  'the doors of the local stack are not built in': (t) =>
    (first(t, 'AWS::Lambda::Function').Properties.Environment.Variables['FANFARE_LOCAL_HOSTS'] =
      '127.0.0.1:1'),
};

test.each(Object.entries(RULES))('notices when this no longer holds: %s', (name, rule) => {
  const template = structuredClone(sound);
  BREAKS[name as keyof typeof RULES](template);
  expect(rule(template)).not.toEqual([]);
});

test('notices a wildcard resource that nobody acknowledged', () => {
  const template = structuredClone(sound);
  grant(template, /Manage/, {
    Action: 'ssm:GetParameters',
    Resource: 'arn:<AWS::Partition>:ssm:*:*:parameter/*',
  });
  expect(
    RULES['permissions name exact actions and resources, except where acknowledged'](template),
  ).toHaveLength(1);
});

function first(template: Template, type: string, id = /./): Resource {
  const found = all(template, type).find((resource) => id.test(resource.id));
  return template.Resources[found?.id as string] as Resource;
}

function queue(template: Template) {
  return first(template, 'AWS::SQS::Queue', /DeliverSlackQueue/).Properties;
}

function deadLetters(template: Template) {
  return first(template, 'AWS::SQS::Queue', /DeliverSlackDeadLetters/).Properties;
}

function grant(template: Template, role: RegExp, statement: { Action: string; Resource: string }): void {
  const [policy] = first(template, 'AWS::IAM::Role', role).Properties.Policies;
  policy.PolicyDocument.Statement.push({ Effect: 'Allow', ...statement });
}
