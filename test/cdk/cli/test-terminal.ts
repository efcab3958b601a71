import type { Terminal } from '../../../cdk/cli/terminal.ts';

export interface TestTerminal extends Terminal {
  readonly said: string[];
  readonly complained: string[];
}

/** A terminal that keeps what was written; nobody answers its questions unless `answer` does. */
export function testTerminal(cwd: string, env = {}, answer?: boolean): TestTerminal {
  const said: string[] = [];
  const complained: string[] = [];
  return {
    said,
    complained,
    say: (line) => void said.push(line),
    complain: (line) => void complained.push(line),
    progress: () => {},
    ask: async () => answer,
    wait: async () => undefined,
    env,
    cwd,
  };
}
