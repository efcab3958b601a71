import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import type { Counts } from './bench.ts';
import type { Ask, CaseInfo, Tell } from './protocol.ts';

/** A benchmark that stands ready in a process of its own. */
export interface BenchProcess {
  readonly cases: readonly CaseInfo[];
  /** Microseconds of a unit of work, once. */
  readonly sample: (name: string) => Promise<number>;
  readonly heap: (name: string) => Promise<number>;
  readonly counters: (name: string) => Promise<Counts>;
  readonly also: (name: string) => Promise<Counts>;
  readonly end: () => Promise<void>;
}

export interface BenchProcessOptions {
  readonly receiver: string;
  /** The checkout whose code is measured. Default: this one. */
  readonly root?: string | undefined;
  /** Folder for a CPU profile of it, for DevTools and others that read `.cpuprofile`. */
  readonly cpuProf?: string | undefined;
}

const ROOT = join(import.meta.dirname, '../..');

/** Starts a benchmark, checks its work and finds out how long its samples have to be. */
export async function openBench(
  name: string,
  { receiver, root = ROOT, cpuProf }: BenchProcessOptions,
): Promise<BenchProcess> {
  const child = fork(join(root, 'load/bench/process-entry.ts'), [name, receiver], {
    cwd: root,
    execArgv: cpuProf === undefined ? [] : profiling(name, cpuProf),
    // What functions print costs them as much as on Lambda, and interests nobody.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const said = textOf(child);
  const ended = once(child, 'exit');
  const ask = async <T>(question: Ask): Promise<T> => {
    child.send(question);
    const gone = ended.then(() => ({ error: `the process of ${name} has ended: ${said()}` }));
    const told = await Promise.race([once(child, 'message').then(([message]) => message as Tell), gone]);
    if ('error' in told) throw new Error(told.error);
    return told.value as T;
  };
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.disconnect();
    await ended;
  };
  try {
    const cases = await ask<readonly CaseInfo[]>({ what: 'open' });
    return {
      cases,
      sample: (one) => ask({ what: 'sample', name: one }),
      heap: (one) => ask({ what: 'heap', name: one }),
      counters: (one) => ask({ what: 'counters', name: one }),
      also: (one) => ask({ what: 'also', name: one }),
      async end() {
        // What it opened ends with it at the latest.
        await ask({ what: 'close' }).catch(() => undefined);
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

function profiling(name: string, folder: string): string[] {
  const file = `${name.replaceAll('/', '-')}.cpuprofile`;
  return ['--cpu-prof', `--cpu-prof-dir=${resolve(folder)}`, `--cpu-prof-name=${file}`];
}

function textOf({ stderr }: ChildProcess): () => string {
  let text = '';
  stderr?.on('data', (chunk: Buffer) => (text = `${text}${chunk.toString()}`.slice(-4_000)));
  return () => text.trim();
}
