import { SignatureV4 } from '@smithy/signature-v4';
import type { Reply } from '../core/outcome.ts';
import type { HttpSend, SendOptions } from './http.ts';
import { Sha256 } from './sha256.ts';

/** A request to an AWS service; the transport finds the endpoint and signs. */
export interface AwsCall {
  readonly service: 'ses' | 'ssm' | 's3';
  /** The function's own region when absent. */
  readonly region?: string | undefined;
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type AwsSend = (call: AwsCall, options: SendOptions) => Promise<Reply>;

interface AwsDeps {
  /** Without the address guard: endpoints may be private (VPC endpoints, the local stack). */
  readonly send: HttpSend;
  readonly env?: NodeJS.ProcessEnv;
  readonly now?: () => number;
}

/** Host name of a service and the variable that replaces it on the local stack. */
const SERVICES = {
  ses: { host: 'email', endpoint: 'AWS_ENDPOINT_URL_SESV2' },
  ssm: { host: 'ssm', endpoint: 'AWS_ENDPOINT_URL_SSM' },
  s3: { host: 's3', endpoint: 'AWS_ENDPOINT_URL_S3' },
} as const;

/** A region becomes part of a host name, and may come from a destination's settings. */
const REGION = /^[a-z]{2}(-[a-z]{2,16}){1,3}-\d{1,2}$/;

/** Sends requests signed with SigV4 and the credentials of the environment. Never throws. */
export function createAws({ send, env = process.env, now = Date.now }: AwsDeps): AwsSend {
  return async (call, options) => {
    const region = call.region ?? env['AWS_REGION'] ?? '';
    if (!REGION.test(region)) return refusal('the region is not an AWS region');
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key, AWS_SESSION_TOKEN: token } = env;
    if (!id || !key) return refusal('there are no AWS credentials in the environment');
    const url = new URL(`${endpointOf(call.service, region, env).replace(/\/$/, '')}${call.path}`);
    const signer = new SignatureV4({
      service: call.service,
      region,
      credentials: { accessKeyId: id, secretAccessKey: key, ...(token ? { sessionToken: token } : {}) },
      sha256: Sha256,
    });
    const signed = await signer.sign(
      {
        method: call.method,
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: {},
        headers: { ...call.headers, host: url.host },
        body: call.body,
      },
      { signingDate: new Date(now()) },
    );
    // Node writes `host` itself, with the value that was signed.
    const { host: _, ...headers } = signed.headers;
    const secrets = [...options.secrets, key, ...(token ? [token] : [])];
    return send({ method: call.method, url: url.href, headers, body: call.body }, { ...options, secrets });
  };
}

/** The reply of SSM to one operation: status and the JSON body as it came. */
export function callSsm(aws: AwsSend, operation: 'GetParameters', input: unknown): Promise<Reply> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AmazonSSM.${operation}` };
  const call: AwsCall = { service: 'ssm', method: 'POST', path: '/', headers, body: JSON.stringify(input) };
  // Ten parameters of 8 KiB, escaped.
  return aws(call, { timeoutMs: 5_000, secrets: [], maxBytes: 512 * 1024 });
}

function endpointOf(service: AwsCall['service'], region: string, env: NodeJS.ProcessEnv): string {
  const { host, endpoint } = SERVICES[service];
  return env[endpoint] || `https://${host}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

function refusal(detail: string): Reply {
  return { kind: 'failure', reason: 'settings', started: false, detail };
}
