import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Terminal, processTerminal } from '../cdk/cli/terminal.ts';
import { BENCHES, benchesFor } from './bench/benches.ts';
import { benchLines, limitsOf } from './bench/report.ts';
import { runBenches } from './bench/run.ts';
import { UsageError, orUsage, positive, wholeNumber } from './options.ts';

const USAGE = `npm run bench -- [NAME]... [--time SECONDS] [--repeat N] [--every SECONDS] [--json FILE]
  [--cpu-prof DIR] [--list]

What single parts cost. Each benchmark runs in a process of its own, in which its cases take turns; each checks first
that it does what it is timed for.
  NAME             such as engine/rules, or engine for all of them; without one, all
  --time SECONDS   for each case (0.5)
  --repeat N       how often the whole is done (1), a run for itself each time
  --every SECONDS  pause between two repetitions (0)
  --json FILE      writes all samples of the last repetition; compare and gate read it
  --cpu-prof DIR   writes a CPU profile of each, NAME.cpuprofile, which Chrome's DevTools open
  --list           the names, and what each measures

Exit code 0: measured, and limits kept. 1: something failed or is beyond its limit. 2: wrong options.`;

export async function main(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  return await orUsage('bench', terminal, () => benchAll(args, terminal));
}

async function benchAll(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      time: { type: 'string', default: '0.5' },
      repeat: { type: 'string', default: '1' },
      every: { type: 'string', default: '0' },
      json: { type: 'string' },
      'cpu-prof': { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return (terminal.say(USAGE), 0);
  if (values.list) {
    for (const { name, rows, about } of BENCHES) terminal.say(`${name}  ${rows}: ${about}`);
    return 0;
  }
  const { wanted, unknown } = benchesFor(positionals);
  if (unknown.length > 0) throw new UsageError(`there is no ${unknown.join(', ')}; --list`);
  const seconds = positive('--time', values.time);
  const repeat = wholeNumber('--repeat', values.repeat, 1e6);
  const every = values.every === '0' ? 0 : positive('--every', values.every);

  let code = 0;
  for (let turn = 1; turn <= repeat; turn++) {
    if (turn > 1) await sleep(every * 1_000);
    const run = await runBenches(wanted, {
      seconds,
      progress: terminal.progress,
      cpuProf: values['cpu-prof'],
      onDone(bench, results) {
        for (const line of benchLines(bench, results)) terminal.say(line);
        if (limitsOf(bench, results).some(({ kept }) => !kept)) code = 1;
      },
    });
    for (const [name, why] of Object.entries(run.failed)) terminal.complain(`${name} failed: ${why}`);
    if (Object.keys(run.failed).length > 0) code = 1;
    const { cores, load, cpu } = run.conditions;
    terminal.say(`${cpu}, ${cores} cores, load ${load.before.toFixed(1)} to ${load.after.toFixed(1)}`);
    if (values.json === undefined) continue;
    mkdirSync(dirname(values.json), { recursive: true });
    writeFileSync(values.json, `${JSON.stringify(run, null, 1)}\n`);
  }
  return code;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
