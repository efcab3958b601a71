import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Resource } from '../../../cdk/local/intrinsics.ts';
import { readTemplate } from '../../../cdk/local/template.ts';

let assets: string;
beforeAll(() => {
  assets = mkdtempSync(join(tmpdir(), 'fanfare-assets-'));
  mkdirSync(join(assets, 'asset.abc'));
  writeFileSync(join(assets, 'asset.abc', 'index.mjs'), '');
});
afterAll(() => rmSync(assets, { recursive: true }));

const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

/** The smallest stack with one of everything. */
const RESOURCES: Readonly<Record<string, Resource>> = {
  Dead: { Type: 'AWS::SQS::Queue', Properties: { MessageRetentionPeriod: 1_209_600 } },
  Work: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      QueueName: { 'Fn::Join': ['-', [{ Ref: 'AWS::StackName' }, 'Work']] },
      VisibilityTimeout: 180,
      RedrivePolicy: { deadLetterTargetArn: arnOf('Dead'), maxReceiveCount: 10 },
      SqsManagedSseEnabled: true,
    },
  },
  Ledger: {
    Type: 'AWS::DynamoDB::GlobalTable',
    Properties: {
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'due',
          KeySchema: [{ AttributeName: 'due', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['state'] },
        },
      ],
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
    },
  },
  Role: {
    Type: 'AWS::IAM::Role',
    Properties: {
      Policies: [
        {
          PolicyDocument: {
            Statement: [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arnOf('Work') }],
          },
        },
      ],
    },
  },
  FanfareWorkerFunction0A1B2C3D: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Bucket: { 'Fn::Sub': 'assets-${AWS::AccountId}' }, S3Key: 'abc.zip' },
      Handler: 'index.handler',
      Role: arnOf('Role'),
      Timeout: 30,
      MemorySize: 512,
      Environment: {
        Variables: {
          QUEUE: { Ref: 'Work' },
          TABLE: { Ref: 'Ledger' },
          API: { 'Fn::GetAtt': ['Api', 'ApiEndpoint'] },
        },
      },
    },
  },
  Mapping: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      BatchSize: 10,
      EventSourceArn: arnOf('Work'),
      FunctionName: { Ref: 'FanfareWorkerFunction0A1B2C3D' },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 5 },
    },
  },
  Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP' } },
  Integration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: { IntegrationUri: arnOf('FanfareWorkerFunction0A1B2C3D') },
  },
  Route: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      ApiId: { Ref: 'Api' },
      RouteKey: 'POST /v1/events',
      Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
    },
  },
  Permission: {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      Action: 'lambda:InvokeFunction',
      FunctionName: arnOf('FanfareWorkerFunction0A1B2C3D'),
      Principal: 'apigateway.amazonaws.com',
      SourceArn: { 'Fn::Sub': 'arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/*/v1/events' },
    },
  },
  Schedule: {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      ScheduleExpression: 'rate(1 minute)',
      Target: { Arn: arnOf('FanfareWorkerFunction0A1B2C3D') },
    },
  },
  Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: { Whatever: { 'Fn::ImportValue': 'x' } } },
};

function read(changes: Readonly<Record<string, Resource>> = {}) {
  return readTemplate(
    { Resources: { ...RESOURCES, ...changes } },
    { stackName: 'Test', assets, apiUrl: 'http://api', queueBase: 'http://gate' },
  );
}

/** A resource of the fixture with some properties changed. */
function changed(id: string, properties: object): Readonly<Record<string, Resource>> {
  const { Type = '', Properties = {} } = RESOURCES[id] ?? {};
  return { [id]: { Type, Properties: { ...Properties, ...properties } } };
}

const document = (Action: string) => ({ Statement: { Effect: 'Allow', Action, Resource: '*' } });

describe('readTemplate', () => {
  test('reads queues with the attributes that change how they behave', () => {
    expect(read().queues).toEqual([
      { name: 'Dead', attributes: { MessageRetentionPeriod: '1209600' } },
      {
        name: 'Test-Work',
        attributes: {
          VisibilityTimeout: '180',
          RedrivePolicy:
            '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:Dead","maxReceiveCount":10}',
        },
      },
    ]);
  });

  test('reads tables with keys, indexes and TTL', () => {
    expect(read().tables).toEqual([
      {
        name: 'Ledger',
        hash: 'pk',
        range: 'sk',
        ttl: 'ttl',
        indexes: [{ name: 'due', hash: 'due', projection: { include: ['state'] } }],
      },
    ]);
  });

  test('reads functions with code, environment, time-out and what their role allows', () => {
    expect(read().functions).toEqual([
      {
        label: 'Worker',
        name: 'FanfareWorkerFunction0A1B2C3D',
        file: join(assets, 'asset.abc', 'index.mjs'),
        handler: 'handler',
        env: { QUEUE: 'http://gate/000000000000/Test-Work', TABLE: 'Ledger', API: 'http://api' },
        timeoutMs: 30_000,
        memoryMb: 512,
        statements: [
          {
            effect: 'Allow',
            actions: ['sqs:SendMessage'],
            resources: ['arn:aws:sqs:us-east-1:000000000000:Test-Work'],
          },
        ],
      },
    ]);
  });

  test('reads what calls the functions', () => {
    const { mappings, routes, permissions, schedules } = read();

    expect(mappings).toEqual([
      { queue: 'Test-Work', target: 'Worker', batchSize: 10, maximumConcurrency: 5, partial: true },
    ]);
    const api = 'arn:aws:execute-api:us-east-1:000000000000:Api';
    const arn = `${api}/$default/POST/v1/events`;
    expect(routes).toEqual([{ key: 'POST /v1/events', target: 'Worker', arn }]);
    expect(permissions).toEqual([{ target: 'Worker', sourceArn: `${api}/*/*/v1/events` }]);
    expect(schedules).toEqual([{ everyMs: 60_000, target: 'Worker', input: {} }]);
  });

  test('leaves out what is switched off', () => {
    const { mappings, schedules } = read({
      ...changed('Mapping', { Enabled: false }),
      ...changed('Schedule', { State: 'DISABLED' }),
    });

    expect([mappings, schedules]).toEqual([[], []]);
  });

  test('joins the policies inside a role with those attached to it', () => {
    const attach = (to: string, action: string): Resource => ({
      Type: 'AWS::IAM::Policy',
      Properties: { Roles: [{ Ref: to }], PolicyDocument: document(action) },
    });

    const { functions } = read({
      ...changed('Role', { Policies: [{ PolicyDocument: document('sqs:A') }] }),
      Other: { Type: 'AWS::IAM::Role' },
      Mine: attach('Role', 'sqs:B'),
      Yours: attach('Other', 'sqs:C'),
    });

    expect(functions[0]?.statements.flatMap(({ actions }) => actions)).toEqual(['sqs:A', 'sqs:B']);
  });

  test.each<[string, Readonly<Record<string, Resource>>, string]>([
    [
      'a condition, which it cannot check',
      changed('Role', {
        Policies: [
          { PolicyDocument: { Statement: { Effect: 'Allow', Action: 'a:b', Resource: '*', Condition: {} } } },
        ],
      }),
      'Condition',
    ],
    [
      'a type it does not know',
      { Bucket: { Type: 'AWS::KMS::Key' } },
      'Bucket: it does not know resources of type AWS::KMS::Key',
    ],
    [
      'code that is not there',
      changed('FanfareWorkerFunction0A1B2C3D', { Code: { S3Key: 'gone.zip' } }),
      'asset.gone',
    ],
    ['a schedule it cannot keep', changed('Schedule', { ScheduleExpression: 'cron(0 * * * ? *)' }), 'cron'],
    ['a mapping of a function that is not there', changed('Mapping', { FunctionName: 'Nobody' }), 'Nobody'],
    [
      'managed policies',
      changed('Role', { ManagedPolicyArns: ['arn:x'] }),
      'managed policies cannot be checked here',
    ],
  ])('refuses %s, and says so', (_, changes, message) => {
    expect(() => read(changes)).toThrow(message);
  });
});
