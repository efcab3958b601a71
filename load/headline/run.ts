import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Measured } from './rows.ts';

type Told = { readonly progress: string } | { readonly measured: Measured };

export interface GroupOptions {
  readonly rounds: number;
  readonly receiver: string;
  readonly progress: (text: string) => void;
}

/** Measures a group in a process of its own, so that no group is judged by what another left behind. */
export async function runGroup(
  name: string,
  { rounds, receiver, progress }: GroupOptions,
): Promise<Measured> {
  const child = fork(join(import.meta.dirname, 'child-entry.ts'), [name, String(rounds), receiver], {
    // What the stacks print costs them as much as on Lambda, and interests nobody.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const complaints = textOf(child);
  let measured: Measured | undefined;
  child.on('message', (told: Told) => {
    if ('progress' in told) progress(`${name}: ${told.progress}`);
    else measured = told.measured;
  });
  await once(child, 'close');
  if (!measured) throw new Error(lastLines(complaints()));
  return measured;
}

function textOf({ stderr }: ChildProcess): () => string {
  let text = '';
  stderr?.on('data', (chunk: Buffer) => (text = `${text}${chunk.toString()}`.slice(-10_000)));
  return () => text;
}

function lastLines(text: string): string {
  const error = text.split('\n').find((line) => /^\w*Error/.test(line));
  return error ?? text.trim().split('\n').slice(-3).join(' ');
}
