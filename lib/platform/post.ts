import type { AwsRequest, HttpRequest, MailRequest, OutboundRequest } from '../channel.ts';
import type { Reply } from '../core/outcome.ts';
import { describeError } from '../core/redact.ts';
import { monotonic } from './clock.ts';

export interface PostOptions {
  readonly timeoutMs: number;
  /** Every secret value in use, for redaction. */
  readonly secrets: readonly string[];
}

type Transport<R> = (request: R, options: PostOptions) => Promise<Reply>;

/** What carries each kind of request. A bundle brings the transports its channels need. */
export interface Transports {
  readonly http?: Transport<HttpRequest>;
  readonly aws?: Transport<AwsRequest>;
  readonly smtp?: Transport<MailRequest>;
}

/** Carries one request to the outside world; never throws. `ms` is how long it took. */
export type Post = (request: OutboundRequest, options: PostOptions) => Promise<{ reply: Reply; ms: number }>;

export function createPost(transports: Transports, clock: () => number = monotonic): Post {
  return async (request, options) => {
    const from = clock();
    const reply = await carry(request, options, transports).catch((error: unknown) => broken(error, options));
    return { reply, ms: Math.round(clock() - from) };
  };
}

async function carry(request: OutboundRequest, options: PostOptions, transports: Transports): Promise<Reply> {
  switch (request.transport) {
    case 'http':
      return transports.http?.(request, options) ?? absent(request.transport);
    case 'aws':
      return transports.aws?.(request, options) ?? absent(request.transport);
    case 'smtp':
      return transports.smtp?.(request, options) ?? absent(request.transport);
    default:
      return request satisfies never;
  }
}

function absent(transport: string): Reply {
  return {
    kind: 'failure',
    reason: 'settings',
    started: false,
    detail: `this function has no ${transport} transport`,
  };
}

/** A transport that throws is broken; nobody knows what it had sent by then. */
function broken(error: unknown, { secrets }: PostOptions): Reply {
  return { kind: 'failure', reason: 'crashed', started: true, detail: describeError(error, secrets) };
}
