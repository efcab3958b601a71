import { parentPort } from 'node:worker_threads';
import type { FromWorker, Invocation, ToWorker } from './worker-protocol.ts';

/**
 * The inside of one execution environment: loads the bundle at the first invocation and runs one invocation at
 * a time, like the Lambda runtime. Started as a worker thread or, with `--isolate`, as a process.
 */
type Handler = (event: unknown, context: object) => unknown;

const port = parentPort;
const send = (message: FromWorker): void => {
  if (port) port.postMessage(message);
  else process.send?.(message);
};

let handler: Promise<Handler> | undefined;

async function load({ file, name }: { file: string; name: string }): Promise<Handler> {
  const module: Readonly<Record<string, unknown>> = await import(file);
  const found = module[name];
  if (typeof found !== 'function') throw new Error(`${file} exports no function ${name}`);
  return (event, context) => found(event, context);
}

async function run(invocation: Invocation, loaded: Promise<Handler>): Promise<void> {
  const { id, event } = invocation;
  try {
    const result: unknown = await (await loaded)(event, contextOf(invocation));
    send({ id, ok: true, result: JSON.stringify(result ?? null) });
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    send({ id, ok: false, error: { name, message, stack: stack ?? '' } });
  }
}

function contextOf({ id, deadlineMs, functionName, memoryMb }: Invocation): object {
  return {
    awsRequestId: id,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    memoryLimitInMB: String(memoryMb),
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'local',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

function receive(message: ToWorker): void {
  handler ??= load(message.code);
  void run(message.invocation, handler);
}

if (port) port.on('message', receive);
else process.on('message', (message: ToWorker) => receive(message));
// A child process must not outlive the stack.
if (!port) process.on('disconnect', () => process.exit());
