import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { type Terminal, processTerminal } from '../cdk/cli/terminal.ts';
import { UsageError, orUsage, positive } from './options.ts';
import { readKept } from './profile/kept.ts';
import { graphOfKept } from './profile/kept-graph.ts';
import { PROFILES } from './profile/profiles.ts';
import { openProfiled } from './profile/run.ts';
import { SCENARIOS } from './profile/scenarios.ts';

const list = (all: Readonly<Record<string, { readonly about: string }>>): string =>
  Object.entries(all)
    .map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`)
    .join('\n');

const USAGE = `npm run profile -- TYPE [SCENARIO] [--duration SECONDS] [--out DIR]
npm run profile -- open PATH [--bundles DIR] [--out DIR]

Starts the local stack, asks after its health, makes load, and looks into the functions while they work. TYPE is
${list(PROFILES)}
  all          each of them in turn

SCENARIO is
${list(SCENARIOS)}

With open, nothing is run: PATH is a .cpuprofile file or a folder of them, as the setting sampling keeps them in S3.

  --duration SECONDS  of load for each type (10)
  --bundles DIR       where the bundles with their source maps lie (dist)
  --out DIR           gets a folder named by the time (.fanfare/profiles, or what OUTPUT_DIR says)

Exit code 0: done. 1: the stack is not well, or refused posts; no profile can be read. 2: wrong options.`;

/** Before anything is measured everything has been loaded and compiled. */
const WARM_UP_SECONDS = 3;

export async function main(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  return await orUsage('profile', terminal, () => profile(args, terminal));
}

async function profile(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      duration: { type: 'string', default: '10' },
      bundles: { type: 'string', default: 'dist' },
      out: { type: 'string', default: process.env['OUTPUT_DIR'] ?? '.fanfare/profiles' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return (terminal.say(USAGE), 0);
  const [type, name = 'batch', ...rest] = positionals;
  if (type === undefined) return (terminal.complain(USAGE), 2);
  const out = resolve(terminal.cwd, values.out);
  if (type === 'open') {
    if (positionals.length !== 2) throw new UsageError('open takes one PATH');
    const bundles = resolve(terminal.cwd, values.bundles);
    return open(resolve(terminal.cwd, name), { out, bundles }, terminal);
  }
  const types = type === 'all' ? Object.keys(PROFILES) : [type];
  const scenario = Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined;
  if (!types.every((one) => Object.hasOwn(PROFILES, one)))
    throw new UsageError(`TYPE is one of ${Object.keys(PROFILES).join(', ')}, all, not ${type}`);
  if (!scenario || rest.length > 0)
    throw new UsageError(
      `SCENARIO is one of ${Object.keys(SCENARIOS).join(', ')}, not ${[name, ...rest].join(' ')}`,
    );
  const seconds = positive('--duration', values.duration);

  const notes = takeNotes(out, terminal);
  terminal.progress('starting the stack');
  const profiled = await openProfiled(scenario);
  try {
    terminal.progress('warming up');
    const { refused } = await profiled.load(WARM_UP_SECONDS);
    if (refused > 0) return (terminal.complain(`${refused} posts were refused: this load is too much`), 1);
    for (const one of types) {
      terminal.progress(`${one}: ${seconds} s of ${name}`);
      const lines = await PROFILES[one]!.make({ profiled, seconds, dir: notes.dir, scenario: name });
      terminal.progress('');
      notes.say([...lines, '']);
    }
  } finally {
    await profiled.close();
  }
  notes.close();
  return 0;
}

async function open(
  path: string,
  { out, bundles }: { readonly out: string; readonly bundles: string },
  terminal: Terminal,
): Promise<number> {
  try {
    const kept = readKept(path);
    const notes = takeNotes(out, terminal);
    notes.say(await graphOfKept(kept, { what: path, dir: notes.dir, bundles }));
    notes.close();
    return 0;
  } catch (error) {
    terminal.complain(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

/** A folder named by the time; what is said stays there, too. */
function takeNotes(out: string, terminal: Terminal) {
  const dir = join(out, new Date().toISOString().replaceAll(/[:.]/g, '-'));
  mkdirSync(dir, { recursive: true });
  const said: string[] = [];
  return {
    dir,
    say(lines: readonly string[]): void {
      said.push(...lines);
      for (const line of lines) terminal.say(line.startsWith(' ') ? line : styleText('bold', line));
    },
    close(): void {
      writeFileSync(join(dir, 'summary.txt'), `${said.join('\n')}\n`);
      terminal.say(`All of it: ${dir}`);
    },
  };
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
