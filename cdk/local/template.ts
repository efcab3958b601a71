import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod/mini';
import { type Addresses, createLookup, lastName, routeArn } from './aws-names.ts';
import type { Template } from './intrinsics.ts';
import { statementsByRole } from './role-statements.ts';
import type { FunctionSpec, MappingSpec, RouteSpec, ScheduleSpec, StackModel } from './stack-model.ts';
import type { IndexSpec, TableSpec } from './table-spec.ts';
import { type Read, resourcesOf } from './template-resources.ts';
import * as shapes from './template-shapes.ts';

/** Resources that mean nothing on one machine. */
const IGNORED = [
  'AWS::ApiGatewayV2::ApiMapping',
  'AWS::ApiGatewayV2::DomainName',
  'AWS::ApiGatewayV2::Stage',
  'AWS::CDK::Metadata',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::Logs::LogGroup',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
];

/** Resources that the local stack runs, or reads together with those that name them. */
const UNDERSTOOD = [
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::DynamoDB::GlobalTable',
  'AWS::DynamoDB::Table',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  'AWS::S3::Bucket',
  'AWS::SQS::Queue',
  'AWS::Scheduler::Schedule',
];

const KNOWN = new Set([...IGNORED, ...UNDERSTOOD]);

export interface ReadOptions extends Addresses {
  readonly stackName: string;
  /** Folder with the assets of the template: `cdk.out`. */
  readonly assets: string;
}

/** Reads a synthesised template. Throws for a resource it does not know and for what it cannot run. */
export function readTemplate(template: Template, options: ReadOptions): StackModel {
  for (const [id, { Type }] of Object.entries(template.Resources)) {
    if (!KNOWN.has(Type)) {
      throw new Error(`the local stack cannot run ${id}: it does not know resources of type ${Type}`);
    }
  }
  const lookup = createLookup(template, options.stackName, options);
  const all = resourcesOf(template, lookup);
  const tables = [
    ...all('AWS::DynamoDB::GlobalTable', shapes.Table),
    ...all('AWS::DynamoDB::Table', shapes.Table),
  ];
  const labels = labelsOf(all('AWS::Lambda::Function', shapes.Function));
  const targetOf = (reference: string): string => {
    const label = labels.get(lastName(reference));
    if (label === undefined)
      throw new Error(`the template has no function ${lastName(reference)}, but refers to it`);
    return label;
  };
  const statements = statementsByRole(all);
  const integrations = new Map(
    all('AWS::ApiGatewayV2::Integration', shapes.Integration).map(({ id, value }) => [
      id,
      value.IntegrationUri,
    ]),
  );
  return {
    tables: tables.map(({ name, value }) => tableSpec(name, value)),
    queues: all('AWS::SQS::Queue', shapes.Queue).map(({ name, value }) => ({
      name,
      attributes: defined(value),
    })),
    functions: all('AWS::Lambda::Function', shapes.Function).map(({ id, name, value }): FunctionSpec => ({
      label: targetOf(name),
      name,
      file: codeFile(value, id, options.assets),
      handler: value.Handler.split('.')[1] ?? '',
      env: value.Environment.Variables,
      timeoutMs: value.Timeout * 1000,
      memoryMb: value.MemorySize,
      statements: statements.get(lastName(value.Role)) ?? [],
    })),
    mappings: all('AWS::Lambda::EventSourceMapping', shapes.Mapping)
      .filter(({ value }) => value.Enabled)
      .map(({ value }): MappingSpec => ({
        queue: lastName(value.EventSourceArn),
        target: targetOf(value.FunctionName),
        batchSize: value.BatchSize,
        maximumConcurrency: value.ScalingConfig.MaximumConcurrency,
        partial: value.FunctionResponseTypes.includes('ReportBatchItemFailures'),
      })),
    routes: all('AWS::ApiGatewayV2::Route', shapes.Route).map(({ value }): RouteSpec => ({
      key: value.RouteKey,
      target: targetOf(integrations.get(lastName(value.Target)) ?? ''),
      arn: routeArn(value.ApiId, value.RouteKey),
    })),
    permissions: all('AWS::Lambda::Permission', shapes.Permission)
      .filter(({ value }) => value.Principal === 'apigateway.amazonaws.com')
      .map(({ value }) => ({ target: targetOf(value.FunctionName), sourceArn: value.SourceArn ?? '*' })),
    schedules: all('AWS::Scheduler::Schedule', shapes.Schedule)
      .filter(({ value }) => value.State === 'ENABLED')
      .map(({ id, value }): ScheduleSpec => ({
        everyMs: rateMs(value.ScheduleExpression, id),
        target: targetOf(value.Target.Arn),
        input: JSON.parse(value.Target.Input),
      })),
  };
}

/** `FanfareDeliverSlackFunctionEC220666` -> `DeliverSlack`; the logical id itself where that is not unique. */
function labelsOf(functions: readonly Read<unknown>[]): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  const taken = new Set<string>();
  for (const { id, name } of functions) {
    const [, short = ''] = /^(?:Fanfare)?(.*?)(?:Function)?(?:[0-9A-F]{8})?$/.exec(id) ?? [];
    const label = short === '' || taken.has(short) ? id : short;
    taken.add(label);
    labels.set(name, label);
  }
  return labels;
}

function codeFile({ Code, Handler }: z.output<typeof shapes.Function>, id: string, assets: string): string {
  const [module = ''] = Handler.split('.');
  const folder = join(assets, `asset.${Code.S3Key.replace(/\.zip$/, '')}`);
  const files = ['mjs', 'js'].map((extension) => join(folder, `${module}.${extension}`));
  const file = files.find((path) => existsSync(path));
  if (file === undefined) throw new Error(`the code of ${id} is not in ${folder}: synthesise again`);
  return file;
}

type KeyElements = z.output<typeof shapes.Table>['KeySchema'];

function tableSpec(name: string, table: z.output<typeof shapes.Table>): TableSpec {
  const ttl = table.TimeToLiveSpecification;
  return {
    name,
    ...keyOf(table.KeySchema),
    indexes: table.GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }): IndexSpec => {
      const { ProjectionType: type, NonKeyAttributes: include } = Projection;
      return { name: IndexName, ...keyOf(KeySchema), projection: type === 'INCLUDE' ? { include } : type };
    }),
    ...(ttl?.Enabled && { ttl: ttl.AttributeName }),
  };
}

function keyOf(schema: KeyElements): { hash: string; range?: string } {
  const named = (type: string) => schema.find(({ KeyType }) => KeyType === type)?.AttributeName;
  const range = named('RANGE');
  return { hash: named('HASH') ?? '', ...(range !== undefined && { range }) };
}

function defined(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const given = Object.entries(values).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return Object.fromEntries(given);
}

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

function rateMs(expression: string, id: string): number {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const unitMs = UNIT_MS[unit];
  if (count === undefined || unitMs === undefined) {
    throw new Error(`the local stack cannot run ${id}: it knows rate(...), not ${expression}`);
  }
  return Number(count) * unitMs;
}
