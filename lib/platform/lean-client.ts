import { Readable } from 'node:stream';
import { type Stepping, leanSteps } from './lean-steps.ts';
import { Sha256 } from './sha256.ts';

/** What carries the requests of an SDK client. */
interface RequestHandler {
  handle(request: never, options?: never): Promise<{ readonly response: { body?: unknown } }>;
}

/** What a protocol turns inputs into bodies with, and bodies into outputs. */
interface Protocol {
  serializer?: Serializer;
  deserializer?: Deserializer;
}

interface Serializer {
  write(schema: unknown, input: unknown): void;
  flush(): string;
}

interface Deserializer {
  read(schema: unknown, body: string | Uint8Array): Promise<unknown>;
}

interface SdkClient {
  readonly middlewareStack: { remove(name: string): boolean };
  readonly config: {
    requestHandler: RequestHandler;
    readonly protocol: object;
    signer: (scheme?: never) => Promise<unknown>;
  };
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
  /** Else the SDK would put its steps in order anew for each call. */
  cacheMiddleware: true,
  sha256: Sha256,
  requestHandler: {
    requestTimeout: CALL_TIMEOUT_MS,
    throwOnRequestTimeout: true,
    socketTimeout: CALL_TIMEOUT_MS,
  },
};

/** Walks over every input and output for a logger that nobody has set; says of each call which SDK made it. */
const UNUSED = ['loggerMiddleware', 'getUserAgentMiddleware'] as const;

/**
 * Takes off an SDK client what Fanfare has no use for, which is most of what a call costs: two of its steps, its way of
 * reading a body out of a stream, the walk over a schema that tells how to write what is JSON already, and a new signer
 * for each call. Answers here are small and always read whole.
 */
export function leanClient<C extends SdkClient>(client: C): C {
  const { middlewareStack, config }: SdkClient = client;
  for (const name of UNUSED)
    if (!middlewareStack.remove(name)) throw new Error(`the SDK has no ${name} any more`);
  config.requestHandler = wholeBodies(config.requestHandler);
  speakJson(config.protocol);
  config.signer = once(config.signer);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the SDK gives each kind of step a type of its own
  leanSteps(client as unknown as Stepping);
  return client;
}

/**
 * Inputs and outputs of DynamoDB and SQS are their JSON as they stand, but for bytes (`B`), of which Fanfare keeps none,
 * and times, which only the management of tables tells. Errors are read as before.
 */
function speakJson(protocol: Protocol): void {
  if (!protocol.serializer || !protocol.deserializer) throw new Error('the SDK speaks in another way by now');
  let text = '';
  protocol.serializer = {
    write: (_, input) => void (text = JSON.stringify(input)),
    flush: () => text,
  };
  protocol.deserializer = {
    read: async (_, body) =>
      withoutNulls(JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString())),
  };
}

/** A member that is null is missing, as the SDK has it: no default would take its place. */
function withoutNulls(output: Record<string, unknown>): unknown {
  for (const name in output) if (output[name] === null) delete output[name];
  return output;
}

/** A region has one way of signing. One that could not be made is made anew by the next call. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: T | undefined;
  return async () => (made ??= await make());
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
