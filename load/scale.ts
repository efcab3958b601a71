import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Terminal, processTerminal } from '../cdk/cli/terminal.ts';
import { columns } from './cost/columns.ts';
import { isUsageError } from './options.ts';
import { BURST_TEXT, type Outcome, burstsSvg, outcomes } from './scale/bursts.ts';

/** The picture in docs/scaling.md. */
export const PICTURE = join(import.meta.dirname, '../docs/scaling.svg');

const USAGE = `npm run scale

Simulates how Lambda takes a burst out of a queue, with the growth that AWS publishes, and draws docs/scaling.svg: the
same picture each time. Exit code 0: drawn. 2: wrong options.`;

/** What came of the burst in each mode: name, seconds until all is done, age of the oldest message, most runs. */
export function drainTable(all: readonly Outcome[]): string[][] {
  return all.map(({ mode, drainedMs, oldestMs, mostRuns }) => [
    mode.name,
    seconds(drainedMs),
    seconds(oldestMs),
    mostRuns.toLocaleString('en-US'),
  ]);
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000).toLocaleString('en-US')} s`;
}

/** `npm run scale`. */
export function scale(args: readonly string[], terminal: Pick<Terminal, 'say' | 'complain'>): number {
  try {
    const { values } = parseArgs({ args: [...args], options: { help: { type: 'boolean', short: 'h' } } });
    if (values.help) return (terminal.say(USAGE), 0);
  } catch (error) {
    if (!isUsageError(error)) throw error;
    terminal.complain((error as Error).message);
    return 2;
  }
  const all = outcomes();
  terminal.say(BURST_TEXT);
  for (const line of columns([['', 'drained in', 'oldest waited', 'runs at a time'], ...drainTable(all)]))
    terminal.say(line);
  writeFileSync(PICTURE, burstsSvg(all));
  return 0;
}

if (import.meta.main) process.exit(scale(process.argv.slice(2), processTerminal()));
