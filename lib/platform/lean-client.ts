import { Readable } from 'node:stream';

/** What carries the requests of an SDK client. */
interface RequestHandler {
  handle(request: never, options?: never): Promise<{ readonly response: { body?: unknown } }>;
}

interface SdkClient {
  readonly middlewareStack: { remove(name: string): boolean };
  readonly config: { requestHandler: RequestHandler };
}

/** Tries of one call. */
export const CALL_TRIES = 3;
/**
 * So long a try may take, and so long an answer may fall silent. By itself the SDK waits 5 minutes for a silent DynamoDB
 * and 15 for SQS: a connection that has died would hold a batch until Lambda kills it, with all that it has claimed.
 * All tries together fit into what deliver keeps back for writing down what happened.
 */
export const CALL_TIMEOUT_MS = 1_500;

/** What every SDK client is made with. `requestTimeout` alone would do no more than warn (@smithy/node-http-handler 4.4). */
export const CALLS = {
  maxAttempts: CALL_TRIES,
  requestHandler: {
    requestTimeout: CALL_TIMEOUT_MS,
    throwOnRequestTimeout: true,
    socketTimeout: CALL_TIMEOUT_MS,
  },
};

/** Walks over every input and output for a logger that nobody has set; says of each call which SDK made it. */
const UNUSED = ['loggerMiddleware', 'getUserAgentMiddleware'] as const;

/**
 * Takes off an SDK client what Fanfare has no use for, a third of the CPU time of a call: two of its
 * steps, and its way of reading a body out of a stream. Answers here are small and always read whole.
 */
export function leanClient<C extends SdkClient>(client: C): C {
  const { middlewareStack, config }: SdkClient = client;
  for (const name of UNUSED)
    if (!middlewareStack.remove(name)) throw new Error(`the SDK has no ${name} any more`);
  config.requestHandler = wholeBodies(config.requestHandler);
  return client;
}

/** Hands on everything to a handler, and whole bodies back. */
function wholeBodies(handler: RequestHandler): RequestHandler {
  const whole: RequestHandler = Object.create(handler);
  whole.handle = async (request, options) => {
    const answer = await handler.handle(request, options);
    const { body } = answer.response;
    if (body instanceof Readable) answer.response.body = await bytesOf(body);
    return answer;
  };
  return whole;
}

function bytesOf(body: Readable): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    body.on('data', (chunk: Buffer) => chunks.push(chunk));
    body.on('error', reject);
    body.on('close', () => reject(new Error('the answer broke off')));
    body.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
  });
}
