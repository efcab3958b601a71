import { ALARMS, anchor } from '../../cdk/alarms.ts';
import { type Resource, type Template, alarmMetrics, flatten } from './idle-bill.ts';

/** A rule over all resources of a template: what breaks it, by logical id. */
export type Rule = (template: Template) => readonly string[];

type Named = Resource & { readonly id: string };

export function all(template: Template, type: string): Named[] {
  return Object.entries(template.Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, resource]) => Object.assign({ id }, resource));
}

/** Ids of the resources of a type for which a condition does not hold. */
function every(type: string, holds: (resource: Named, template: Template) => boolean): Rule {
  return (template) =>
    all(template, type)
      .filter((resource) => !holds(resource, template))
      .map(({ id }) => id);
}

const arnOf = (id: string): string => `<${id}.Arn>`;
const idIn = (arn: unknown): string => flatten(arn).replace(/^<(\w+)\..*$/, '$1');

/** Ids of the queues that another queue names as its dead-letter queue. */
export function deadLetterQueues(template: Template): Set<string> {
  const targets = all(template, 'AWS::SQS::Queue').map(
    ({ Properties }) => Properties.RedrivePolicy?.deadLetterTargetArn,
  );
  return new Set(targets.filter(Boolean).map((arn) => idIn(arn)));
}

const isDeadLetters = ({ id }: Named, template: Template): boolean => deadLetterQueues(template).has(id);

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: { readonly Bool?: Record<string, unknown> };
  readonly Principal?: { readonly Service?: string };
}

/** Permissions of a role, one entry for each pair of action and resource. */
export function permissionsOf({
  Properties,
}: Resource): { readonly action: string; readonly resource: string }[] {
  const policies = (Properties.Policies ?? []) as { PolicyDocument: { Statement: Statement[] } }[];
  return policies
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .flatMap(({ Action, Resource: resources }) =>
      [Action]
        .flat()
        .flatMap((action) => [resources].flat().map((resource) => ({ action, resource: flatten(resource) }))),
    );
}

function statementsFor(template: Template, type: string, list: string, id: string): Statement[] {
  return all(template, type)
    .filter(({ Properties }) => (Properties[list] as unknown[]).some((ref) => flatten(ref) === `<${id}>`))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[]);
}

const refusesPlainText = ({ Effect, Condition }: Statement): boolean =>
  Effect === 'Deny' && Condition?.Bool?.['aws:SecureTransport'] === 'false';

/** Wildcards that are acknowledged: the secrets of the stack, the identities that mail may be sent from, profiles. */
const WILDCARDS = [
  /^arn:<AWS::Partition>:ssm:.*:parameter\/fanfare\/[\w-]+\/\*$/,
  /^arn:<AWS::Partition>:ses:\*:.*:(?:identity|configuration-set)\/\*$/,
  /^<FanfareProfilesBucket\w+\.Arn>\/\w+\/\*$/,
];

const isPrecious = ({ id }: Named): boolean => /StateCatalog|StateLedger/.test(id);
const headings = new Set(Object.values(ALARMS).map(({ heading }) => anchor(heading)));

export const RULES = {
  'visibility is at least six times the time-out plus the window': every(
    'AWS::Lambda::EventSourceMapping',
    (mapping, template) => {
      const { EventSourceArn, FunctionName, MaximumBatchingWindowInSeconds = 0 } = mapping.Properties;
      const queue = template.Resources[idIn(EventSourceArn)]?.Properties;
      const timeout = template.Resources[flatten(FunctionName).slice(1, -1)]?.Properties.Timeout;
      return queue.VisibilityTimeout >= 6 * timeout + MaximumBatchingWindowInSeconds;
    },
  ),
  'a queue has a dead-letter queue that keeps messages for 14 days and longer than itself': every(
    'AWS::SQS::Queue',
    (queue, template) => {
      if (isDeadLetters(queue, template)) return queue.Properties.MessageRetentionPeriod === 14 * 86_400;
      const target = template.Resources[idIn(queue.Properties.RedrivePolicy?.deadLetterTargetArn)];
      return (
        target !== undefined &&
        target.Properties.MessageRetentionPeriod > queue.Properties.MessageRetentionPeriod
      );
    },
  ),
  'a dead-letter queue takes from its own queue only, other queues from none': every(
    'AWS::SQS::Queue',
    (queue, template) => {
      const { redrivePermission, sourceQueueArns } = queue.Properties.RedriveAllowPolicy ?? {};
      if (!isDeadLetters(queue, template)) return redrivePermission === 'denyAll';
      const sources = all(template, 'AWS::SQS::Queue').filter(
        ({ Properties }) => flatten(Properties.RedrivePolicy?.deadLetterTargetArn) === arnOf(queue.id),
      );
      const allowed = [sourceQueueArns].flat().map((arn) => flatten(arn).split(':').at(-1));
      return (
        redrivePermission === 'byQueue' &&
        sources.length === 1 &&
        allowed.join() === sources[0]?.Properties.QueueName
      );
    },
  ),
  'a queue has a reader, with partial responses and a cap': every('AWS::SQS::Queue', ({ id }, template) => {
    const mappings = all(template, 'AWS::Lambda::EventSourceMapping').filter(
      ({ Properties }) => flatten(Properties.EventSourceArn) === arnOf(id),
    );
    return (
      mappings.length === 1 &&
      mappings.every(
        ({ Properties: { ScalingConfig, FunctionResponseTypes, BatchSize } }) =>
          ScalingConfig?.MaximumConcurrency >= 2 &&
          FunctionResponseTypes?.[0] === 'ReportBatchItemFailures' &&
          BatchSize === 10,
      )
    );
  }),
  'a queue has an alarm whose heading is in the runbook': every('AWS::SQS::Queue', ({ id }, template) =>
    all(template, 'AWS::CloudWatch::Alarm').some(
      (alarm) =>
        alarmMetrics(alarm).some(({ Dimensions = [] }) =>
          Dimensions.some(({ Value }) => flatten(Value) === `<${id}.QueueName>`),
        ) && headings.has(alarm.Properties.AlarmDescription.split('#')[1]),
    ),
  ),
  'a queue is encrypted': every(
    'AWS::SQS::Queue',
    ({ Properties }) => Properties.SqsManagedSseEnabled === true,
  ),
  'a queue refuses plain text': every('AWS::SQS::Queue', ({ id }, template) =>
    statementsFor(template, 'AWS::SQS::QueuePolicy', 'Queues', id).some((statement) =>
      refusesPlainText(statement),
    ),
  ),
  'a topic refuses plain text': every('AWS::SNS::Topic', ({ id }, template) =>
    statementsFor(template, 'AWS::SNS::TopicPolicy', 'Topics', id).some((statement) =>
      refusesPlainText(statement),
    ),
  ),
  'CloudWatch may publish to a topic: no key, and a policy that lets it in': every(
    'AWS::SNS::Topic',
    ({ id, Properties }, template) =>
      Properties?.KmsMasterKeyId === undefined &&
      statementsFor(template, 'AWS::SNS::TopicPolicy', 'Topics', id).some(
        ({ Effect, Principal, Action }) =>
          Effect === 'Allow' && Principal?.Service === 'cloudwatch.amazonaws.com' && Action === 'sns:Publish',
      ),
  ),
  'an alarm speaks to the topic and names a heading of the runbook': every(
    'AWS::CloudWatch::Alarm',
    ({ Properties }) =>
      Properties.AlarmActions?.length === 1 && headings.has(Properties.AlarmDescription.split('#')[1]),
  ),
  'a table can be restored to any second': every('AWS::DynamoDB::GlobalTable', ({ Properties }) =>
    Properties.Replicas.every(
      (replica: Resource['Properties']) =>
        replica.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled,
    ),
  ),
  'catalog and ledger outlive the stack and refuse deletion': (template) => {
    const tables = all(template, 'AWS::DynamoDB::GlobalTable').filter((table) => isPrecious(table));
    if (tables.length !== 2) return ['catalog or ledger is missing'];
    return tables
      .filter((table) => {
        const { DeletionPolicy, UpdateReplacePolicy } = table as {
          DeletionPolicy?: string;
          UpdateReplacePolicy?: string;
        };
        const isProtected = table.Properties.Replicas[0].DeletionProtectionEnabled === true;
        return DeletionPolicy !== 'Retain' || UpdateReplacePolicy !== 'Retain' || !isProtected;
      })
      .map(({ id }) => id);
  },
  'a log is kept for at most a year': every(
    'AWS::Logs::LogGroup',
    ({ Properties }) => Properties?.RetentionInDays <= 365,
  ),
  'a function runs on arm64 with Node 24, logs JSON to its own log and reserves nothing': every(
    'AWS::Lambda::Function',
    ({ Properties }) =>
      Properties.Architectures?.[0] === 'arm64' &&
      Properties.Runtime === 'nodejs24.x' &&
      Properties.LoggingConfig?.LogFormat === 'JSON' &&
      Properties.LoggingConfig.LogGroup !== undefined &&
      Properties.ReservedConcurrentExecutions === undefined,
  ),
  'who may send as an identity of SES may use its configuration set': every('AWS::IAM::Role', (role) => {
    const kinds = permissionsOf(role)
      .filter(({ action }) => action === 'ses:SendEmail')
      .map(({ resource }) => /:([\w-]+)\/\*$/.exec(resource)?.[1]);
    return kinds.length === 0 || ['identity', 'configuration-set'].every((kind) => kinds.includes(kind));
  }),
  // A receive that is throttled is tried again for as long as the message is invisible, and counts as one receive.
  'a message outlasts an hour of throttles': every('AWS::SQS::Queue', ({ Properties }) => {
    const { maxReceiveCount = Infinity } = Properties.RedrivePolicy ?? {};
    return maxReceiveCount * Properties.VisibilityTimeout >= 3_600;
  }),
  'an alarm about a dead-letter queue counts what lies there and what is received again and again': every(
    'AWS::SQS::Queue',
    (queue, template) =>
      !isDeadLetters(queue, template) ||
      all(template, 'AWS::CloudWatch::Alarm').some((alarm) => {
        const counted = alarmMetrics(alarm).filter(({ Dimensions = [] }) =>
          Dimensions.some(({ Value }) => flatten(Value) === `<${queue.id}.QueueName>`),
        );
        return (
          counted
            .map(({ MetricName }) => MetricName)
            .toSorted()
            .join() === 'ApproximateNumberOfMessagesNotVisible,ApproximateNumberOfMessagesVisible' &&
          alarm.Properties.DatapointsToAlarm * 60 >= 900
        );
      }),
  ),
  'a function has a role of its own without managed policies': (template) => {
    const roles = all(template, 'AWS::Lambda::Function').map(({ Properties }) => idIn(Properties.Role));
    return roles.filter(
      (role, index) =>
        roles.indexOf(role) !== index || template.Resources[role]?.Properties.ManagedPolicyArns !== undefined,
    );
  },
  'permissions name exact actions and resources, except where acknowledged': every('AWS::IAM::Role', (role) =>
    permissionsOf(role).every(
      ({ action, resource }) =>
        !action.includes('*') &&
        (!resource.includes('*') || WILDCARDS.some((wildcard) => wildcard.test(resource))),
    ),
  ),
  'no permission stands outside a role': (template) =>
    [...all(template, 'AWS::IAM::Policy'), ...all(template, 'AWS::IAM::ManagedPolicy')].map(({ id }) => id),
  'a function that sends to the queue it reads may loop': every(
    'AWS::Lambda::Function',
    ({ id, Properties }, template) => {
      const role = template.Resources[idIn(Properties.Role)] as Resource;
      const reads = all(template, 'AWS::Lambda::EventSourceMapping').filter(
        (mapping) => flatten(mapping.Properties.FunctionName) === `<${id}>`,
      );
      const sources = new Set(reads.map((mapping) => flatten(mapping.Properties.EventSourceArn)));
      const sendsBack = permissionsOf(role).some(
        ({ action, resource }) => action === 'sqs:SendMessage' && sources.has(resource),
      );
      return !sendsBack || Properties.RecursiveLoop === 'Allow';
    },
  ),
  'the API logs access without path or query and limits its rate': every(
    'AWS::ApiGatewayV2::Stage',
    ({ Properties }) => {
      const format: string = Properties.AccessLogSettings?.Format ?? '$context.path';
      return !/path|query|header/i.test(format) && Properties.DefaultRouteSettings?.ThrottlingRateLimit > 0;
    },
  ),
  'alert routes have the default quota of an account': every('AWS::ApiGatewayV2::Stage', ({ Properties }) =>
    ['POST /webhook', 'POST /v1/hooks/{source}', 'POST /v1/hooks/{source}/{hookId}'].every(
      (route) => Properties.RouteSettings?.[route]?.ThrottlingRateLimit === 10_000,
    ),
  ),
  'a bucket is private, encrypted, of one owner, refuses plain text and empties itself within days': every(
    'AWS::S3::Bucket',
    ({ id, Properties }, template) => {
      const [encryption] = Properties.BucketEncryption?.ServerSideEncryptionConfiguration ?? [];
      const blocked = Object.values(Properties.PublicAccessBlockConfiguration ?? {});
      return (
        encryption?.ServerSideEncryptionByDefault?.SSEAlgorithm === 'AES256' &&
        blocked.length === 4 &&
        blocked.every((value) => value === true) &&
        Properties.OwnershipControls?.Rules?.[0]?.ObjectOwnership === 'BucketOwnerEnforced' &&
        Properties.LifecycleConfiguration?.Rules?.some(
          ({ ExpirationInDays, Status }: Resource['Properties']) =>
            ExpirationInDays <= 7 && Status === 'Enabled',
        ) === true &&
        all(template, 'AWS::S3::BucketPolicy')
          .filter(({ Properties: { Bucket } }) => flatten(Bucket) === `<${id}>`)
          .flatMap(({ Properties: { PolicyDocument } }) => PolicyDocument.Statement as Statement[])
          .some((statement) => refusesPlainText(statement))
      );
    },
  ),
  'a function that profiles some of its runs may put profiles below its own name, and no other may use S3':
    every('AWS::Lambda::Function', ({ Properties }, template) => {
      const role = template.Resources[idIn(Properties.Role)] as Resource;
      const allowed = permissionsOf(role).filter(({ action }) => action.startsWith('s3:'));
      const variable = Properties.Environment.Variables['FANFARE_SAMPLING'];
      if (Properties.Handler === 'index.handler') return allowed.length === 0 && variable === undefined;
      const { label }: { readonly label: string } = JSON.parse(flatten(variable));
      const [only] = allowed;
      return (
        Properties.Handler === 'sampled.handler' &&
        allowed.length === 1 &&
        only?.action === 's3:PutObject' &&
        /^<\w+\.Arn>\/(\w+)\/\*$/.exec(only.resource)?.[1] === label
      );
    }),
  'the doors of the local stack are not built in': (template) => {
    const text = JSON.stringify(template);
    return ['FANFARE_LOCAL_HOSTS', 'FANFARE_SECRETS_FILE', 'AWS_ENDPOINT_URL'].filter((name) =>
      text.includes(name),
    );
  },
} as const satisfies Record<string, Rule>;
