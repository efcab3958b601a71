import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { FunctionSpec } from './stack-model.ts';
import type { FromWorker, InvocationFailure, ToWorker } from './worker-protocol.ts';

/** How an invocation ended. */
export type InvocationResult =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: InvocationFailure }
  | { readonly kind: 'timedOut' }
  /** It never began: nothing was free for as long as its caller would wait. */
  | { readonly kind: 'throttled' };

/** One execution environment: a worker thread or a process that runs one invocation at a time. */
export interface Environment {
  /** Never rejects. After a time-out, and after an end nobody asked for, the environment is dead. */
  readonly invoke: (event: unknown) => Promise<InvocationResult>;
  readonly alive: () => boolean;
  readonly stop: () => Promise<void>;
}

export interface EnvironmentOptions {
  readonly spec: FunctionSpec;
  /** The whole environment of the function. */
  readonly env: Readonly<Record<string, string>>;
  /** A child process instead of a thread. */
  readonly isolate: boolean;
  /** A module to load before the function. */
  readonly preload?: URL | undefined;
  readonly onLine: (line: string) => void;
}

/** Keeps dozens of threads and processes small; garbage of a batch still dies young. */
const YOUNG_MB = 16;

const ENTRY = new URL('./worker-entry.ts', import.meta.url);

export function startEnvironment(options: EnvironmentOptions): Environment {
  const { spec, onLine } = options;
  const host = options.isolate ? processHost(options) : threadHost(options);
  for (const stream of host.streams) createInterface({ input: stream }).on('line', onLine);
  let alive = true;
  let settle: ((result: InvocationResult) => void) | undefined;
  let current: string | undefined;

  host.onMessage((message) => {
    if (message.id !== current) return;
    settle?.(
      message.ok
        ? { kind: 'returned', value: JSON.parse(message.result) as unknown }
        : { kind: 'failed', error: message.error },
    );
  });
  host.onEnd((reason) => {
    alive = false;
    settle?.({ kind: 'failed', error: { name: 'Runtime.ExitError', message: reason, stack: '' } });
  });

  return {
    alive: () => alive,
    stop: host.stop,
    async invoke(event) {
      const id = randomUUID();
      current = id;
      const deadlineMs = Date.now() + spec.timeoutMs;
      const ended = new Promise<InvocationResult>((resolve) => {
        settle = resolve;
      });
      const timer = setTimeout(() => {
        alive = false;
        settle?.({ kind: 'timedOut' });
        void host.stop();
      }, spec.timeoutMs);
      const { name: functionName, memoryMb } = spec;
      host.send({
        code: { file: spec.file, name: spec.handler },
        invocation: { id, event, deadlineMs, functionName, memoryMb },
      });
      const result = await ended;
      clearTimeout(timer);
      settle = undefined;
      return result;
    },
  };
}

/** What a thread and a process have in common. */
interface Host {
  readonly streams: readonly Readable[];
  readonly send: (message: ToWorker) => void;
  readonly onMessage: (listener: (message: FromWorker) => void) => void;
  readonly onEnd: (listener: (reason: string) => void) => void;
  readonly stop: () => Promise<void>;
}

function threadHost({ env, spec, preload }: EnvironmentOptions): Host {
  const worker = new Worker(ENTRY, {
    env: { ...env },
    ...(preload && { execArgv: importing(preload) }),
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: spec.memoryMb, maxYoungGenerationSizeMb: YOUNG_MB },
  });
  let reason = '';
  worker.on('error', (error: Error) => (reason = `${error.name}: ${error.message}`));
  return {
    streams: [worker.stdout, worker.stderr],
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for browsers
    send: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.on('message', listener),
    onEnd: (listener) => worker.on('exit', (code) => listener(reason || `exited with ${code}`)),
    stop: async () => void (await worker.terminate()),
  };
}

function importing(preload: URL | undefined): string[] {
  return preload === undefined ? [] : ['--import', preload.href];
}

/** Those of a thread. What is new takes three semi-spaces. */
function heapLimits(memoryMb: number): string[] {
  return [`--max-semi-space-size=${Math.floor(YOUNG_MB / 3)}`, `--max-old-space-size=${memoryMb}`];
}

function processHost({ env, spec, preload }: EnvironmentOptions): Host {
  // Its label is for those who list processes.
  const child = fork(fileURLToPath(ENTRY), [spec.label], {
    env: { ...env },
    execArgv: [...heapLimits(spec.memoryMb), ...importing(preload)],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C is for the stack, which ends its functions when their work is done.
    detached: true,
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  return {
    streams: [child.stdout, child.stderr].filter((stream) => stream !== null),
    send: (message) => void child.send(message, () => undefined),
    onMessage: (listener) => void child.on('message', (message: FromWorker) => listener(message)),
    onEnd: (listener) => void child.once('exit', (code, signal) => listener(`exited with ${code ?? signal}`)),
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
