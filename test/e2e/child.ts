import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalInfo } from '../../cdk/local/instance.ts';

const MAIN = join(import.meta.dirname, '../../cdk/cli/main.ts');

/** The command line at work in a folder of its own, as somebody who has just cloned it would use it. */
export interface Folder {
  readonly path: string;
  /** Runs a command that goes on until it is stopped. */
  readonly start: (...args: readonly string[]) => Running;
  /** Runs a command to its end. */
  readonly run: (...args: readonly string[]) => Promise<Ended>;
  /** What `fanfare start` has written for other commands. */
  readonly info: () => LocalInfo;
  readonly isReady: () => boolean;
  /** Ends what still runs, and removes everything. */
  readonly remove: () => Promise<void>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  /** Everything it has printed so far. */
  readonly printed: () => string;
  /** Resolves when it is ready; rejects when it ends instead. */
  readonly ready: () => Promise<LocalInfo>;
  readonly ended: Promise<Ended>;
  readonly signal: (name: NodeJS.Signals) => Promise<Ended>;
}

export function openFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'fanfare-cli-'));
  const local = join(path, '.fanfare', 'local.json');
  const children = new Set<ChildProcess>();
  const isReady = (): boolean => existsSync(local);
  const info = (): LocalInfo => JSON.parse(readFileSync(local, 'utf8'));

  const start = (...args: readonly string[]): Running => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: path, stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    const text = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()));
    const ended = once(child, 'close').then(([code]): Ended => {
      children.delete(child);
      return { code: code as number | null, ...text };
    });
    return {
      pid: child.pid ?? 0,
      printed: () => text.stdout + text.stderr,
      ended,
      async ready() {
        while (children.has(child)) {
          if (isReady() && info().pid === child.pid) return info();
          await sleep(50);
        }
        throw new Error(`it ended: ${text.stdout}${text.stderr}`);
      },
      signal(name) {
        child.kill(name);
        return ended;
      },
    };
  };

  return {
    path,
    start,
    run: (...args) => start(...args).ended,
    info,
    isReady,
    async remove() {
      for (const child of children) {
        child.kill('SIGKILL');
        await once(child, 'close');
      }
      rmSync(path, { recursive: true, force: true });
    },
  };
}
