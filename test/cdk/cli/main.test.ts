import { describe, expect, test } from 'vitest';
import { main } from '../../../cdk/cli/main.ts';
import { testTerminal } from './test-terminal.ts';

async function run(...argv: string[]): Promise<{ code: number; said: string; complained: string }> {
  const terminal = testTerminal('/nowhere');
  const code = await main(argv, terminal);
  return { code, said: terminal.said.join('\n'), complained: terminal.complained.join('\n') };
}

describe('fanfare', () => {
  test.each([['--help'], ['-h'], ['help']])('%s lists the commands', async (flag) => {
    const { code, said } = await run(flag);

    expect(code).toBe(0);
    for (const name of ['start', 'demo', 'apply', 'send', 'dead', 'replay', 'init', 'doctor'])
      expect(said).toContain(`  ${name}`);
  });

  test('without a command it says what there is, and fails', async () => {
    const { code, said } = await run();

    expect(code).toBe(2);
    expect(said).toContain('fanfare COMMAND');
  });

  test.each([['toString'], ['strat']])(
    'an unknown command (%s) is named, with those there are',
    async (name) => {
      const { code, complained } = await run(name);

      expect(code).toBe(2);
      expect(complained).toContain(`no command ${name}`);
      expect(complained).toContain('start');
    },
  );

  test.each([['start'], ['apply'], ['send'], ['dead'], ['replay'], ['init'], ['doctor']])(
    '%s --help tells more',
    async (name) => {
      const { code, said } = await run(name, '--help');

      expect(code).toBe(0);
      expect(said).toContain(`fanfare ${name}`);
    },
  );

  test('an option that does not exist is told in a sentence', async () => {
    const { code, complained } = await run('start', '--colour');

    expect(code).toBe(2);
    expect(complained).toContain('--colour');
    expect(complained).toContain('fanfare start --help');
    expect(complained).not.toContain('    at ');
  });

  test.each([
    [['--port', 'many'], '--port takes a port number'],
    [['--twin-port', '70000'], '--twin-port takes a port number'],
    [['--catalog', 'gone.yaml'], 'there is no gone.yaml'],
  ])('start %j is refused before anything starts', async (flags, message) => {
    const { code, complained } = await run('start', ...flags);

    expect(code).toBe(1);
    expect(complained).toContain(message);
  });
});
