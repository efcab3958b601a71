import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where a command reads and writes; tests bring their own. */
export interface Terminal {
  /** One line for people. */
  readonly say: (line: string) => void;
  /** One line about what went wrong. */
  readonly complain: (line: string) => void;
  /** Replaces the last progress line; does nothing where nobody watches. */
  readonly progress: (line: string) => void;
  /** Asks yes or no; `undefined` where nobody can answer. */
  readonly ask: (question: string) => Promise<boolean | undefined>;
  readonly wait: (ms: number) => Promise<void>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that holds `.fanfare/`. */
  readonly cwd: string;
}

/** What a command cannot go on with; its message is for people and says what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  return {
    say: (line) => void stdout.write(`${line}\n`),
    complain: (line) => void stderr.write(`${line}\n`),
    progress: (line) => void (stderr.isTTY && stderr.write(`\r\u001B[K${line}`)),
    async ask(question) {
      if (!stdin.isTTY || !stdout.isTTY) return undefined;
      const lines = createInterface({ input: stdin, output: stdout });
      try {
        return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
      } finally {
        lines.close();
      }
    },
    wait: (ms) => sleep(ms),
    env: process.env,
    cwd: process.cwd(),
  };
}
