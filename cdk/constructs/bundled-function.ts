import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type PolicyStatement, PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ENV } from '../../lib/platform/env.ts';
import { BUNDLES, type BundleName } from '../functions.ts';
import { logs } from '../grants.ts';
import type { Settings } from '../settings.ts';
import type { Profiles } from './profiles.ts';

export interface BundledFunctionProps {
  /** What alarms call it. */
  readonly label: string;
  readonly bundle: BundleName;
  readonly settings: Settings;
  readonly environment: Readonly<Record<string, string>>;
  /** Where profiles of some of its runs go. */
  readonly profiles: Profiles | undefined;
  /** Everything the function may do; writing its own log is added. */
  readonly allow: readonly PolicyStatement[];
  /** It sends to the queue it reads: Lambda's recursion guard would stop it after 16 rounds. */
  readonly loops?: boolean;
}

/** One bundle of `functions/` with a role, a log group and an environment of its own. */
export class BundledFunction extends Construct {
  readonly label: string;
  readonly function: LambdaFunction;
  readonly timeout: Duration;

  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    super(scope, id);
    const { label, bundle, settings, environment, profiles, allow, loops } = props;
    this.label = label;
    const { timeoutSeconds, memoryMb } = BUNDLES[bundle];
    this.timeout = Duration.seconds(timeoutSeconds);
    const logGroup = new LogGroup(this, 'Log', {
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const writeLog = logs(['CreateLogStream', 'PutLogEvents'], logGroup.logGroupArn);
    const sampled = profiles?.watch(this, label, bundle);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        Allow: new PolicyDocument({ statements: [...allow, ...(sampled?.allow ?? []), writeLog] }),
      },
    });
    this.function = new LambdaFunction(this, 'Function', {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(join(settings.codeRoot, bundle)),
      handler: sampled ? 'sampled.handler' : 'index.handler',
      role: role.withoutPolicyUpdates(),
      timeout: this.timeout,
      memorySize: memoryMb,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      // The code has its own level; Lambda's must never be stricter, or metrics would be dropped with the lines.
      applicationLogLevelV2:
        settings.logLevel === 'debug' ? ApplicationLogLevel.DEBUG : ApplicationLogLevel.INFO,
      // START, END and REPORT lines cost about 300 bytes an invocation.
      systemLogLevelV2: settings.observability === 'full' ? SystemLogLevel.INFO : SystemLogLevel.WARN,
      environment: {
        ...environment,
        ...sampled?.environment,
        [ENV.timeoutSeconds]: String(timeoutSeconds),
        NODE_OPTIONS: '--enable-source-maps',
      },
      ...(loops && { recursiveLoop: RecursiveLoop.ALLOW }),
    });
  }
}
