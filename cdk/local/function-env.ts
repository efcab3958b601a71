import { ENV } from '../../lib/platform/env.ts';
import { REGION } from './aws-names.ts';
import type { FunctionSpec } from './stack-model.ts';

export interface FunctionEnvOptions {
  readonly gateUrl: string;
  /** `host:port` values the address guard lets through. */
  readonly localHosts: readonly string[];
  readonly secretsFile: string;
  /** Instead of the template's. */
  readonly logLevel?: string | undefined;
}

/**
 * The environment of a function: the template's, plus what Lambda adds, plus the three things in which this
 * machine differs from the cloud: endpoints, loopback hosts, secrets file.
 */
export function functionEnv(spec: FunctionSpec, options: FunctionEnvOptions): Record<string, string> {
  const { NODE_OPTIONS: _, ...own } = spec.env;
  const { gateUrl, localHosts, secretsFile, logLevel } = options;
  return {
    PATH: process.env['PATH'] ?? '',
    ...own,
    ...(logLevel !== undefined && { [ENV.logLevel]: logLevel }),
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    // The gate knows the function by its key.
    AWS_ACCESS_KEY_ID: spec.label,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_LAMBDA_FUNCTION_NAME: spec.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
    AWS_ENDPOINT_URL_DYNAMODB: gateUrl,
    AWS_ENDPOINT_URL_S3: gateUrl,
    AWS_ENDPOINT_URL_SESV2: gateUrl,
    AWS_ENDPOINT_URL_SQS: gateUrl,
    AWS_ENDPOINT_URL_SSM: gateUrl,
    [ENV.localHosts]: localHosts.join(','),
    [ENV.secretsFile]: secretsFile,
  };
}
