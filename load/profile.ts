import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { type Terminal, processTerminal } from '../cdk/cli/terminal.ts';
import { PROFILES } from './profile/profiles.ts';
import { openProfiled } from './profile/run.ts';
import { SCENARIOS } from './profile/scenarios.ts';

const list = (all: Readonly<Record<string, { readonly about: string }>>): string =>
  Object.entries(all)
    .map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`)
    .join('\n');

const USAGE = `npm run profile -- TYPE [SCENARIO] [--duration SECONDS] [--out DIR]

Starts the local stack, asks after its health, makes load, and looks into the functions while they work. TYPE is
${list(PROFILES)}
  all          each of them in turn

SCENARIO is
${list(SCENARIOS)}

  --duration SECONDS  of load for each type (10)
  --out DIR           gets a folder named by the time (.fanfare/profiles, or what OUTPUT_DIR says)

Exit code 0: done. 1: the stack is not well, or refused posts. 2: wrong options.`;

/** Before anything is measured everything has been loaded and compiled. */
const WARM_UP_SECONDS = 3;

export async function main(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      duration: { type: 'string', default: '10' },
      out: { type: 'string', default: process.env['OUTPUT_DIR'] ?? '.fanfare/profiles' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return (terminal.say(USAGE), 0);
  const [type = '', name = 'batch', ...rest] = positionals;
  const types = type === 'all' ? Object.keys(PROFILES) : [type];
  const scenario = Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined;
  const seconds = Number(values.duration);
  if (!scenario || rest.length > 0 || !types.every((one) => Object.hasOwn(PROFILES, one)) || !(seconds > 0))
    return (terminal.complain(USAGE), 2);

  const dir = join(terminal.cwd, values.out, new Date().toISOString().replaceAll(/[:.]/g, '-'));
  mkdirSync(dir, { recursive: true });
  const said: string[] = [];
  const say = (line: string): void => {
    said.push(line);
    terminal.say(line.startsWith(' ') ? line : styleText('bold', line));
  };
  terminal.progress('starting the stack');
  const profiled = await openProfiled(scenario);
  try {
    terminal.progress('warming up');
    const { refused } = await profiled.load(WARM_UP_SECONDS);
    if (refused > 0) return (terminal.complain(`${refused} posts were refused: this load is too much`), 1);
    for (const one of types) {
      terminal.progress(`${one}: ${seconds} s of ${name}`);
      const lines = await PROFILES[one]!.make({ profiled, seconds, dir, scenario: name });
      terminal.progress('');
      for (const line of [...lines, '']) say(line);
    }
  } finally {
    await profiled.close();
  }
  writeFileSync(join(dir, 'summary.txt'), `${said.join('\n')}\n`);
  terminal.say(`All of it: ${dir}`);
  return 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
