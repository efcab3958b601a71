import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Terminal, processTerminal } from '../cdk/cli/terminal.ts';
import { PRICES } from '../lib/core/prices.ts';
import { countAll } from './cost/measure.ts';
import { UsageError, isUsageError, wholeNumber } from './options.ts';
import { PUBLISHED } from './cost/published.ts';
import { type Counted, reportLines } from './cost/report.ts';
import { PROFILES, type ProfileName } from './cost/run.ts';

const NAMES = Object.keys(PROFILES) as ProfileName[];

const USAGE = `npm run cost -- [--profile ${NAMES.join('|')}] [--volume N] [--json FILE]

Counts what AWS would ask money for in a run of the local stack, prices it, and sets it beside the naive stack, which
does the same on the same machine, and beside what others publish. About a minute and a half.
  --profile NAME  how events are posted: one by one, by tens, or a thousand in ten posts at once; all three when absent
  --volume N      deliveries of a month: what the month costs
  --json FILE     writes all counts

Exit code 0: counted. 1: something did not arrive. 2: wrong options.`;

export interface CostOptions {
  readonly profiles: readonly ProfileName[];
  readonly volume: number | undefined;
  readonly json: string | undefined;
}

/** Reads the options. Throws `UsageError` that names what is wrong. */
export function readOptions(args: readonly string[]): CostOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      profile: { type: 'string' },
      volume: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const { profile, volume, json } = values;
  const name = NAMES.find((one) => one === profile);
  if (profile !== undefined && name === undefined)
    throw new UsageError(`--profile takes one of ${NAMES.join(', ')}, not ${profile}`);
  return {
    profiles: name === undefined ? NAMES : [name],
    volume: volume === undefined ? undefined : wholeNumber('--volume', volume, 1e12),
    json,
  };
}

/** `npm run cost`. */
export async function cost(
  args: readonly string[],
  terminal: Pick<Terminal, 'say' | 'complain' | 'progress'>,
  count: (names: readonly ProfileName[], progress: (text: string) => void) => Promise<Counted> = countAll,
): Promise<number> {
  try {
    const options = readOptions(args);
    if (options === 'help') return (terminal.say(USAGE), 0);
    const counted = await count(options.profiles, terminal.progress);
    terminal.progress('');
    for (const line of reportLines(counted, options.volume)) terminal.say(line);
    if (options.json !== undefined) {
      const whole = { prices: PRICES, published: PUBLISHED, ...counted };
      writeFileSync(options.json, `${JSON.stringify(whole, null, 1)}\n`);
    }
    return 0;
  } catch (error) {
    terminal.complain(error instanceof Error ? error.message : String(error));
    if (!isUsageError(error)) return 1;
    terminal.complain('npm run cost -- --help tells more.');
    return 2;
  }
}

if (import.meta.main) process.exit(await cost(process.argv.slice(2), processTerminal()));
