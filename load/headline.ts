import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { listen } from '../cdk/local/ports.ts';
import { type Terminal, processTerminal } from '../cdk/cli/terminal.ts';
import { conditionsOf } from './headline/conditions.ts';
import { GOALS } from './headline/goals.ts';
import { GROUPS } from './headline/groups.ts';
import { type Run, reportLines, verdictOn } from './headline/report.ts';
import type { Check, Row } from './headline/rows.ts';
import { runGroup } from './headline/run.ts';
import { UsageError, orUsage, wholeNumber } from './options.ts';

const USAGE = `npm run bench:headline -- [--json FILE] [--only GROUP]... [--rounds N]

Measures the figures that Fanfare is judged by, beside what people would use instead, and compares them with their goals.
  --json FILE   writes the figures with every sample and the conditions of the run
  --only GROUP  one of ${Object.keys(GROUPS).join(', ')}; several times for several
  --rounds N    how often the sides take turns (30)

Exit code 0: all that was measured reached its goal. 1: something did not, failed, or is void. 2: wrong options.`;

async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string', default: '30' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return (terminal.say(USAGE), 0);
  const unknown = values.only.filter((name) => !Object.hasOwn(GROUPS, name));
  if (unknown.length > 0)
    throw new UsageError(`--only takes one of ${Object.keys(GROUPS).join(', ')}, not ${unknown.join(', ')}`);
  const rounds = wholeNumber('--rounds', values.rounds, 10_000);

  // Where the naive stack stands is asked in every run.
  const wanted = Object.keys(GROUPS).filter(
    (name) => values.only.length === 0 || name === 'naive' || values.only.includes(name),
  );
  const run = await measureAll(wanted, rounds, terminal.progress);
  terminal.progress('');
  for (const line of reportLines(run)) terminal.say(line);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(run, null, 1)}\n`);
  const verdicts = run.rows.map((row) => verdictOn(row, run.checks));
  return Object.keys(run.failed).length > 0 || verdicts.some((one) => one === 'missed' || one === 'void')
    ? 1
    : 0;
}

async function measureAll(
  groups: readonly string[],
  rounds: number,
  progress: (text: string) => void,
): Promise<Run> {
  const receiver = createServer((incoming, answer) => incoming.resume().on('end', () => answer.end('ok')));
  const address = `http://127.0.0.1:${await listen(receiver, 0)}`;
  const conditions = conditionsOf();
  const rows: Row[] = [];
  const checks: Check[] = [];
  const failed: Record<string, string> = {};
  for (const name of groups) {
    progress(`${name}: starts`);
    try {
      const measured = await runGroup(name, { rounds, receiver: address, progress });
      rows.push(...measured.rows);
      checks.push(...measured.checks);
    } catch (error) {
      failed[name] = error instanceof Error ? error.message : String(error);
    }
  }
  receiver.close();
  receiver.closeAllConnections();
  const order = Object.keys(GOALS);
  rows.sort((a, b) => place(order, a.name) - place(order, b.name));
  return { conditions: { ...conditions(), rounds }, checks, rows, failed };
}

/** Figures without a goal come last. */
function place(order: readonly string[], name: string): number {
  const at = order.indexOf(name);
  return at < 0 ? order.length : at;
}

if (import.meta.main) {
  const terminal = processTerminal();
  process.exit(await orUsage('bench:headline', terminal, () => main(process.argv.slice(2), terminal)));
}
