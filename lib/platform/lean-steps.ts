/** A step of an SDK client's way from a command to its answer and back. */
type Step = (next: Handler, context: Context) => Handler;
type Handler = (args: Args) => Promise<Answer>;

interface Args {
  readonly input: object;
  readonly request?: unknown;
}

interface Answer {
  readonly response: unknown;
  readonly output?: unknown;
}

/** Of all calls of one command, as long as `cacheMiddleware` is on. */
interface Context {
  readonly endpointV2?: unknown;
  readonly __smithy_context?: { readonly operationSchema?: OperationSchema };
}

type OperationSchema = readonly [
  kind: number,
  namespace: string,
  name: string,
  traits: unknown,
  input: unknown,
  output: unknown,
];

/** Passed on from stack to stack with the step itself among them, which counts. */
interface StepOptions {
  readonly name?: string;
  readonly middleware?: Step;
}

/** The steps of a client, of a command, or of both. */
interface Stack {
  add(step: Step, options: StepOptions): void;
  addRelativeTo(step: Step, options: StepOptions): void;
  /** Hands its steps on. */
  applyToStack(to: Stack): void;
  remove(name: string): boolean;
  concat(more: Stack): Stack;
}

interface Protocol {
  serializeRequest(operation: object, input: object, context: object): Promise<unknown>;
  deserializeResponse(operation: object, context: object, response: unknown): Promise<unknown>;
}

/** The parts of an SDK client that say how a call goes. */
export interface Stepping {
  readonly middlewareStack: Stack;
  readonly config: { readonly protocol: Protocol };
}

/**
 * Puts steps of our own in the place of three that copy all of a client's settings for each call, some sixty, and find
 * its endpoint anew: a sixth of what a call costs. The rest of the SDK's steps stay as they are.
 */
export function leanSteps({ middlewareStack: stack, config }: Stepping): void {
  const { protocol } = config;
  replace(stack, 'serializerMiddleware', () => serialize(protocol));
  replace(stack, 'deserializerMiddleware', (theirs) => deserialize(protocol, config, theirs));
  const concat = stack.concat.bind(stack);
  stack.concat = (command) =>
    concat(changing(command, (step, { name }) => (name === 'endpointV2Middleware' ? onlyOnce(step) : step)));
}

/** Takes a step of the client out and puts another one there. */
function replace(stack: Stack, name: string, make: (theirs: Step) => Step): void {
  let found: { readonly step: Step; readonly options: StepOptions } | undefined;
  const look = (step: Step, options: StepOptions): void => {
    if (options.name === name) found = { step, options };
  };
  stack.applyToStack({ ...stack, add: look, addRelativeTo: () => undefined });
  if (!found || !stack.remove(name)) throw new Error(`the SDK has no ${name} any more`);
  const middleware = make(found.step);
  stack.add(middleware, { ...found.options, middleware });
}

/** The same steps, some of them changed. */
function changing(source: Stack, change: (step: Step, options: StepOptions) => Step): Stack {
  return {
    ...source,
    applyToStack: (to) =>
      source.applyToStack({
        ...to,
        addRelativeTo(step, options) {
          const middleware = change(step, options);
          to.addRelativeTo(middleware, { ...options, middleware });
        },
      }),
  };
}

function serialize(protocol: Protocol): Step {
  return (next, context) => {
    const operation = operationOf(context);
    const where = { endpoint: async () => context.endpointV2 };
    return async (args) =>
      next({ ...args, request: await protocol.serializeRequest(operation, args.input, where) });
  };
}

/** Whatever is no success the SDK reads by itself, once more. */
function deserialize(protocol: Protocol, config: object, theirs: Step): Step {
  return (next, context) => {
    const operation = operationOf(context);
    return async (args) => {
      const answer = await next(args);
      const { response } = answer;
      if (isSuccess(response)) {
        try {
          return { response, output: await protocol.deserializeResponse(operation, config, response) };
        } catch {
          // It says what was wrong, and knows whether that may be tried again.
        }
      }
      return theirs(async () => answer, context)(args);
    };
  };
}

function isSuccess(response: unknown): boolean {
  return Object(response).statusCode < 300;
}

/** What it finds stays in the context: the endpoint depends on nothing that changes, as tables are told by name. */
function onlyOnce(step: Step): Step {
  return (next, context) => {
    let isDone = false;
    const first = step((args) => {
      isDone = true;
      return next(args);
    }, context);
    return (args) => (isDone ? next(args) : first(args));
  };
}

function operationOf({ __smithy_context }: Context): object {
  const schema = __smithy_context?.operationSchema;
  if (schema === undefined) throw new Error('the SDK tells of its operations in another way by now');
  const [, namespace, name, traits, input, output] = schema;
  return { namespace, name, traits, input, output };
}
