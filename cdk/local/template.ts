import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Addresses, createLookup, lastName, physicalName } from './aws-names.ts';
import { type Lookup, type Properties, type Resource, type Template, resolve } from './intrinsics.ts';
import { statementsOf } from './policy.ts';
import type {
  FunctionSpec,
  MappingSpec,
  QueueSpec,
  RouteSpec,
  ScheduleSpec,
  StackModel,
} from './stack-model.ts';
import { readTable } from './template-table.ts';

/** Resources that mean nothing on one machine. Every other type is run, or is an error. */
const IGNORED: readonly string[] = [
  'AWS::ApiGatewayV2::ApiMapping',
  'AWS::ApiGatewayV2::DomainName',
  'AWS::ApiGatewayV2::Stage',
  'AWS::CDK::Metadata',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
];

/** Read together with the functions and routes that name them. */
const PARTS: readonly string[] = [
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Integration',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
];

export interface ReadOptions extends Addresses {
  readonly stackName: string;
  /** Folder with the assets of the template: `cdk.out`. */
  readonly assets: string;
}

/** Reads a synthesised template. Throws for a resource it does not know and for what it cannot run. */
export function readTemplate(template: Template, options: ReadOptions): StackModel {
  const lookup = createLookup(template, options.stackName, options);
  const reader = new Reader(template, lookup, options.assets);
  return reader.read();
}

class Reader {
  private readonly template: Template;
  private readonly lookup: Lookup;
  private readonly assets: string;
  /** Physical name of a function -> label. */
  private readonly labels = new Map<string, string>();

  constructor(template: Template, lookup: Lookup, assets: string) {
    this.template = template;
    this.lookup = lookup;
    this.assets = assets;
  }

  read(): StackModel {
    for (const [id, { Type }] of Object.entries(this.template.Resources)) {
      if (!IGNORED.includes(Type) && !PARTS.includes(Type) && !READ.includes(Type)) {
        throw new Error(`the local stack cannot run ${id}: it does not know resources of type ${Type}`);
      }
    }
    const functions = this.each('AWS::Lambda::Function', (p, id, r) => this.function(p, id, r));
    return {
      functions,
      queues: this.each('AWS::SQS::Queue', (p, id, r) => this.queue(p, id, r)),
      tables: [
        ...this.each('AWS::DynamoDB::GlobalTable', (p, id, r) =>
          readTable(physicalName(id, r, this.lookup), p),
        ),
        ...this.each('AWS::DynamoDB::Table', (p, id, r) => readTable(physicalName(id, r, this.lookup), p)),
      ],
      mappings: this.each('AWS::Lambda::EventSourceMapping', (p) => this.mapping(p)).filter(
        (m) => m !== undefined,
      ),
      routes: this.each('AWS::ApiGatewayV2::Route', (p) => this.route(p)),
      schedules: this.each('AWS::Scheduler::Schedule', (p, id) => this.schedule(p, id)).filter(
        (s) => s !== undefined,
      ),
    };
  }

  private each<T>(type: string, read: (properties: Properties, id: string, resource: Resource) => T): T[] {
    return Object.entries(this.template.Resources)
      .filter(([, { Type }]) => Type === type)
      .map(([id, resource]) => read(resource.Properties ?? {}, id, resource));
  }

  private text(value: unknown): string {
    return String(resolve(value, this.lookup));
  }

  private function(properties: Properties, id: string, resource: Resource): FunctionSpec {
    const name = physicalName(id, resource, this.lookup);
    const label = this.label(id);
    this.labels.set(name, label);
    const [module = '', handler = ''] = String(properties['Handler']).split('.');
    const { Variables = {} } = (resolve(properties['Environment'], this.lookup) ?? {}) as {
      Variables?: Properties;
    };
    const role = (properties['Role'] as { 'Fn::GetAtt'?: [string, string] })['Fn::GetAtt']?.[0] ?? '';
    return {
      label,
      name,
      file: this.codeFile(properties['Code'] as Properties, module, id),
      handler,
      env: Object.fromEntries(Object.entries(Variables).map(([key, value]) => [key, String(value)])),
      timeoutMs: Number(properties['Timeout'] ?? 3) * 1000,
      memoryMb: Number(properties['MemorySize'] ?? 128),
      statements: statementsOf(role, this.template, this.lookup),
    };
  }

  /** `FanfareDeliverSlackFunctionEC220666` -> `DeliverSlack`; the logical id itself where that is not unique. */
  private label(id: string): string {
    const short = id
      .replace(/[0-9A-F]{8}$/, '')
      .replace(/^Fanfare/, '')
      .replace(/Function$/, '');
    return short === '' || [...this.labels.values()].includes(short) ? id : short;
  }

  private codeFile(code: Properties, module: string, id: string): string {
    const hash = this.text(code['S3Key']).replace(/\.zip$/, '');
    const paths = ['mjs', 'js'].map((extension) =>
      join(this.assets, `asset.${hash}`, `${module}.${extension}`),
    );
    const path = paths.find((candidate) => existsSync(candidate));
    if (!path) throw new Error(`the code of ${id} is not at ${paths[0]}: synthesise again`);
    return path;
  }

  private queue(properties: Properties, id: string, resource: Resource): QueueSpec {
    const given = ATTRIBUTES.flatMap((name) => {
      const value = resolve(properties[name], this.lookup);
      if (value === undefined) return [];
      return [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)] as const];
    });
    return { name: physicalName(id, resource, this.lookup), attributes: Object.fromEntries(given) };
  }

  private mapping(properties: Properties): MappingSpec | undefined {
    if (properties['Enabled'] === false) return undefined;
    const scaling = properties['ScalingConfig'] as { MaximumConcurrency?: number } | undefined;
    const responses = (properties['FunctionResponseTypes'] ?? []) as readonly string[];
    return {
      queue: lastName(this.text(properties['EventSourceArn'])),
      target: this.target(properties['FunctionName']),
      batchSize: Number(properties['BatchSize'] ?? 10),
      maximumConcurrency: scaling?.MaximumConcurrency ?? 1000,
      partial: responses.includes('ReportBatchItemFailures'),
    };
  }

  private route(properties: Properties): RouteSpec {
    const integration = this.template.Resources[lastName(this.text(properties['Target']))]?.Properties;
    return { key: this.text(properties['RouteKey']), target: this.target(integration?.['IntegrationUri']) };
  }

  private schedule(properties: Properties, id: string): ScheduleSpec | undefined {
    if (properties['State'] === 'DISABLED') return undefined;
    const target = properties['Target'] as Properties;
    const input = resolve(target['Input'], this.lookup);
    return {
      everyMs: rateMs(this.text(properties['ScheduleExpression']), id),
      target: this.target(target['Arn']),
      input: input === undefined ? {} : JSON.parse(String(input)),
    };
  }

  /** Label of the function a name or ARN stands for. */
  private target(reference: unknown): string {
    const name = lastName(this.text(reference));
    const label = this.labels.get(name);
    if (!label) throw new Error(`the template refers to function ${name}, which it does not contain`);
    return label;
  }
}

/** Types that `Reader.read` turns into something that runs. */
const READ: readonly string[] = [
  'AWS::ApiGatewayV2::Route',
  'AWS::DynamoDB::GlobalTable',
  'AWS::DynamoDB::Table',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::SQS::Queue',
  'AWS::Scheduler::Schedule',
];

/** Queue attributes that change how a queue behaves. */
const ATTRIBUTES = [
  'ContentBasedDeduplication',
  'DelaySeconds',
  'FifoQueue',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy',
  'VisibilityTimeout',
];

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

function rateMs(expression: string, id: string): number {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const unitMs = UNIT_MS[unit];
  if (!count || !unitMs)
    throw new Error(`the local stack cannot run ${id}: it knows rate(...), not ${expression}`);
  return Number(count) * unitMs;
}
