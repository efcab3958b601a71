import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program that cannot outlive us, however we end. */
export interface TetheredProcess {
  /** Resolves when the program has ended, by itself or not. */
  readonly ended: Promise<void>;
  readonly running: () => boolean;
  /** The last lines it wrote, for error texts. */
  readonly output: () => string;
  /** Ends it, first politely, and waits until it is gone. */
  readonly stop: () => Promise<void>;
}

/**
 * A shell holds the program and reads a pipe that only we write to: when this process ends, even by
 * `kill -9`, the pipe closes and the shell ends the program. Nothing stale keeps a port or a database.
 */
const LEASH = [
  'exec 3<&0',
  '"$@" </dev/null 3<&- & child=$!',
  '(cat <&3; kill -TERM $child; for i in 1 2 3 4 5 6; do sleep 0.5; kill -0 $child || exit; done; kill -KILL $child) >/dev/null 2>&1 & leash=$!',
  'exec 3<&-',
  'wait $child; code=$?',
  'kill $leash 2>/dev/null',
  'exit $code',
].join('\n');

const OUTPUT_CHARS = 4_000;

export function spawnTethered(command: string, args: readonly string[], cwd?: string): TetheredProcess {
  const child: ChildProcess = spawn('/bin/sh', ['-c', LEASH, 'leash', command, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Its own process group: Ctrl-C in the terminal is for us, and we end it when the work is done.
    detached: true,
    ...(cwd && { cwd }),
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-OUTPUT_CHARS);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.stdin?.on('error', () => undefined);
  let running = true;
  const ended = once(child, 'exit').then(
    () => void (running = false),
    () => void (running = false),
  );
  return {
    ended,
    running: () => running,
    output: () => output.trim(),
    stop: async () => {
      child.stdin?.destroy();
      await ended;
    },
  };
}
