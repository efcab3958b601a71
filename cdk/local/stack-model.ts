import type { Statement } from './policy.ts';
import type { TableSpec } from './table-spec.ts';

/** What the local stack runs, read from the synthesised template. */
export interface StackModel {
  readonly queues: readonly QueueSpec[];
  readonly tables: readonly TableSpec[];
  readonly functions: readonly FunctionSpec[];
  readonly mappings: readonly MappingSpec[];
  readonly routes: readonly RouteSpec[];
  readonly permissions: readonly PermissionSpec[];
  readonly schedules: readonly ScheduleSpec[];
}

export interface QueueSpec {
  readonly name: string;
  /** As the SQS API takes them. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface FunctionSpec {
  /** Short name for people, statistics and credentials: `Ingest`, `DeliverSlack`. */
  readonly label: string;
  /** Physical name. */
  readonly name: string;
  /** Absolute path of the module, and the name it exports the handler under. */
  readonly file: string;
  readonly handler: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** What its role allows. */
  readonly statements: readonly Statement[];
}

export interface MappingSpec {
  readonly queue: string;
  /** Label of the function. */
  readonly target: string;
  readonly batchSize: number;
  readonly maximumConcurrency: number;
  /** `ReportBatchItemFailures`: the function says which messages failed. */
  readonly partial: boolean;
}

export interface RouteSpec {
  /** `POST /v1/events`, `ANY /x/{proxy+}` or `$default`. */
  readonly key: string;
  readonly target: string;
  /** As what the API calls the function. */
  readonly arn: string;
}

/** Lets the HTTP API call a function. */
export interface PermissionSpec {
  readonly target: string;
  /** Pattern of the routes' ARNs: `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH`. */
  readonly sourceArn: string;
}

export interface ScheduleSpec {
  readonly everyMs: number;
  readonly target: string;
  readonly input: unknown;
}
