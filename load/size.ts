import { parseArgs } from 'node:util';
import { type Terminal, processTerminal } from '../cdk/cli/terminal.ts';
import { PROFILES, type ProfileName } from './cost/run.ts';
import { UsageError, isUsageError, positive } from './options.ts';
import { type Demand, capacityFor } from './scale/capacity.ts';
import { countedUse } from './scale/counted.ts';
import { sizingLines } from './scale/sizing.ts';

const NAMES = Object.keys(PROFILES) as ProfileName[];

const USAGE = `npm run size -- --rate N [--latency MS] [--fanout N] [--profile ${NAMES.join('|')}] [--wait S]

Says what a stack needs for a rate of deliveries: runs at a time, writes, partitions, queues, quotas to raise, dollars.
  --rate N        deliveries a second
  --latency MS    how long a provider takes to answer (200)
  --fanout N      deliveries of one event (3)
  --profile NAME  how events are posted: one by one, by tens, by hundreds (batch)
  --wait S        how long a delivery may wait in a queue (60)

What a delivery writes and sends was counted by \`npm run cost -- --json load/cost.json\`; how long runs take is an estimate
in load/scale/capacity.ts. Exit code 0: answered. 2: wrong options.`;

/** Reads the options. Throws `UsageError` that names what is wrong. */
export function readDemand(args: readonly string[]): Demand | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rate: { type: 'string' },
      latency: { type: 'string', default: '200' },
      fanout: { type: 'string', default: '3' },
      profile: { type: 'string', default: 'batch' },
      wait: { type: 'string', default: '60' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  if (values.rate === undefined) throw new UsageError('--rate is needed: deliveries a second');
  const profile = NAMES.find((one) => one === values.profile);
  if (profile === undefined)
    throw new UsageError(`--profile takes one of ${NAMES.join(', ')}, not ${values.profile}`);
  return {
    rate: positive('--rate', values.rate),
    latencyMs: positive('--latency', values.latency),
    fanOut: positive('--fanout', values.fanout),
    profile,
    waitSeconds: positive('--wait', values.wait),
  };
}

/** `npm run size`. */
export function size(args: readonly string[], terminal: Pick<Terminal, 'say' | 'complain'>): number {
  try {
    const demand = readDemand(args);
    if (demand === 'help') return (terminal.say(USAGE), 0);
    for (const line of sizingLines(demand, capacityFor(demand, countedUse(demand.profile))))
      terminal.say(line);
    return 0;
  } catch (error) {
    if (!isUsageError(error)) throw error;
    terminal.complain((error as Error).message);
    terminal.complain('npm run size -- --help tells more.');
    return 2;
  }
}

if (import.meta.main) process.exit(size(process.argv.slice(2), processTerminal()));
