import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { FromStack, StackRequest } from './stack-entry.ts';

export type ReadyStack = Extract<FromStack, { kind: 'ready' }>;

export interface FunctionProcess {
  readonly pid: number;
  /** Of its function, such as `DeliverSlack`. */
  readonly label: string;
}

/** The local stack as a process that can be killed, and that is started again when it was. */
export interface StackProcess {
  /** Its addresses, as soon as it is up. Rejects when it cannot start. */
  readonly ready: () => Promise<ReadyStack>;
  /** The processes in which its functions run now. */
  readonly functions: () => Promise<readonly FunctionProcess[]>;
  /** `kill -9`, then a new start. Resolves when it is up again. */
  readonly strike: () => Promise<void>;
  readonly end: () => Promise<void>;
}

const ENTRY = join(import.meta.dirname, 'stack-entry.ts');

export function startStackProcess(
  request: StackRequest,
  { onCutShort }: { onCutShort: () => void },
): StackProcess {
  let child: ChildProcess;
  let ready: Promise<ReadyStack>;

  const start = (): void => {
    const started = fork(ENTRY, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
    let said = '';
    started.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)));
    child = started;
    ready = new Promise((resolve, reject) => {
      started.on('message', (message: FromStack) => {
        if (message.kind === 'ready') resolve(message);
        else onCutShort();
      });
      started.once('exit', (code, signal) => {
        // Killed while it starts: the next one answers.
        if (signal !== 'SIGKILL') reject(new Error(`the stack ended with ${code ?? signal}: ${said}`));
      });
    });
    // Whoever waits hears of it; nobody may be waiting.
    ready.catch(() => undefined);
    started.send(request);
  };
  const kill = async (): Promise<void> => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  start();

  return {
    ready: async () => ready,
    functions: () => functionsOf(child.pid),
    async strike() {
      await kill();
      start();
      await ready;
    },
    async end() {
      if (child.exitCode === null && child.signalCode === null) await kill();
    },
  };
}

async function functionsOf(stack: number | undefined): Promise<FunctionProcess[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,args=']);
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, label = ''] = /^\s*(\d+)\s+(\d+)\s.*worker-entry\.ts (\w+)/.exec(line) ?? [];
    return pid !== undefined && Number(parent) === stack ? [{ pid: Number(pid), label }] : [];
  });
}
