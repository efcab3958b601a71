import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Terminal, processTerminal } from '../cdk/cli/terminal.ts';
import { measureAgainst } from './bench/against.ts';
import type { Bench } from './bench/bench.ts';
import { benchesFor } from './bench/benches.ts';
import { checkOut } from './bench/checkout.ts';
import { type Comparison, compareRuns, comparisonLine, regressionsIn } from './bench/comparison.ts';
import { measure } from './bench/measure.ts';
import { startReceiver } from './bench/receiver.ts';
import type { BenchRun } from './bench/run.ts';
import { UsageError, orUsage, positive } from './options.ts';

const SAVED = '.fanfare/bench.json';
const USAGE = `npm run bench:compare -- [NAME]... [--against DIR|COMMIT] [--baseline FILE] [--time SECONDS]
npm run bench:gate -- [the same] --max 10%

Compares benchmarks with what they were. A ratio above 1 has become slower; the interval holds it 95 times of 100.
  --against DIR|COMMIT  measures the code of another folder or commit and this code in turns: the sharper way
  --baseline FILE       compares with a run that was saved, each by its ratio to a yard stick beside it (${SAVED},
                        which npm run bench:save writes)
  --time SECONDS        for each case (0.5)
  --max SHARE           gate: how much slower, or more on the heap, is too much (10%); a counter must not grow at all.
                        What seems too much is measured twice more, in new processes, and has to be so each time

Exit code 0: done, and nothing is too much. 1: something is, or failed. 2: wrong options.`;

/** What seems worse is measured so many more times: between two processes chance alone can make some per cent. */
const CONFIRMATIONS = 2;

export async function main(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  return await orUsage('bench:compare', terminal, () => compareAll(args, terminal));
}

async function compareAll(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      against: { type: 'string' },
      baseline: { type: 'string', default: SAVED },
      time: { type: 'string', default: '0.5' },
      gate: { type: 'boolean', default: false },
      max: { type: 'string', default: '10%' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return (terminal.say(USAGE), 0);
  const { wanted, unknown } = benchesFor(positionals);
  if (unknown.length > 0) throw new UsageError(`there is no ${unknown.join(', ')}; npm run bench -- --list`);
  const max = shareOf(values.max);
  const seconds = positive('--time', values.time);
  if (values.against === undefined && !existsSync(values.baseline))
    throw new UsageError(`there is no ${values.baseline}: npm run bench:save, or --against`);

  const checkout = values.against === undefined ? undefined : checkOut(values.against);
  if (checkout === 'unknown')
    throw new UsageError(`${values.against} is neither a folder with this project nor a commit of it`);
  const receiver = await startReceiver();
  const options = { seconds, receiver: receiver.url, progress: terminal.progress };
  const compare = checkout
    ? (bench: Bench) => measureAgainst(bench, { ...options, before: checkout.root })
    : compareSaved(readRun(values.baseline), options);
  try {
    let worse = 0;
    for (const bench of wanted) {
      const comparisons = await compare(bench);
      terminal.progress('');
      for (const one of comparisons) terminal.say(comparisonLine(one));
      if (!values.gate) continue;
      const found = await confirmed(bench, comparisons, max, compare);
      for (const [name, issues] of found) terminal.complain(`${name}: ${issues.join('; ')}`);
      worse += found.size;
    }
    if (values.gate) terminal.say(worse === 0 ? 'Nothing has become worse.' : `${worse} have become worse.`);
    return worse === 0 ? 0 : 1;
  } catch (error) {
    terminal.complain(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    receiver.close();
    checkout?.remove();
  }
}

type Compare = (bench: Bench) => Promise<readonly Comparison[]>;

/** What is worse each time that it is measured, by case; what is said is of the last time. */
async function confirmed(
  bench: Bench,
  first: readonly Comparison[],
  max: number,
  compare: Compare,
): Promise<ReadonlyMap<string, readonly string[]>> {
  let worse = worseIn(first, max);
  for (let turn = 0; turn < CONFIRMATIONS && worse.size > 0; turn++) {
    const again = worseIn(await compare(bench), max);
    worse = new Map([...again].filter(([name]) => worse.has(name)));
  }
  return worse;
}

function worseIn(comparisons: readonly Comparison[], max: number): ReadonlyMap<string, readonly string[]> {
  const all = comparisons.map((one) => [one.name, regressionsIn(one, max)] as const);
  return new Map(all.filter(([, issues]) => issues.length > 0));
}

function compareSaved({ results }: BenchRun, options: Parameters<typeof measure>[1]): Compare {
  const saved = new Map(results.map((result) => [result.name, result]));
  return async (bench) => {
    const measured = await measure(bench, options);
    return measured.flatMap((after) => {
      const before = saved.get(after.name);
      return before && after.rivalOf === undefined ? [compareRuns(before, after)] : [];
    });
  };
}

function readRun(file: string): BenchRun {
  return JSON.parse(readFileSync(file, 'utf8')) as BenchRun;
}

/** `10%` or `0.1`. */
function shareOf(text: string): number {
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  if (number === undefined) throw new UsageError(`--max takes a share such as 10%, not ${text}`);
  return Number(number) / (percent === '%' ? 100 : 1);
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
