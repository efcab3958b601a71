import { parseLocalHosts } from '../core/url-guard.ts';
import { ENV, readOptionalEnv } from './env.ts';

/** Variables of the Lambda run time; the local stack sets none of them. */
const ON_AWS = ['AWS_EXECUTION_ENV', 'AWS_LAMBDA_RUNTIME_API'] as const;

/**
 * The loopback addresses that the address guard lets through: none, except on the local stack.
 * @throws Error when running on AWS, where the loopback interface is the run time's own API.
 */
export function readLocalHosts(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const hosts = parseLocalHosts(readOptionalEnv('localHosts', env));
  const sign = ON_AWS.find((name) => env[name]);
  if (hosts.length > 0 && sign !== undefined) {
    throw new Error(`${ENV.localHosts} is for the local stack only, and ${sign} says that this is AWS`);
  }
  return hosts;
}
