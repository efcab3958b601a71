import { parseArgs } from 'node:util';

export const KILL_USAGE = `npm run test:kill -- [--events N] [--kills N] [--stack-kills N] [--seed N]

Posts events to the local stack while its function processes and the stack itself are killed by \`kill -9\`, waits
until everything has settled, and judges what arrived. Queues, tables and the twin run in a process that goes on.
  --events N       events to post, each to three destinations (10000)
  --kills N        kills of function processes (150)
  --stack-kills N  kills of the whole stack, which is started again (50)
  --seed N         chooses the moments and the victims (1)

Exit code 0: nothing lost, every duplicate accounted for. 1: not so. 2: wrong options. 130: interrupted.`;

export interface KillOptions {
  readonly events: number;
  readonly kills: number;
  readonly stackKills: number;
  readonly seed: number;
}

/** Reads the options of a run; `undefined` when only help is wanted. Throws for a wrong one. */
export function parseKillOptions(args: readonly string[]): KillOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      events: { type: 'string', default: '10000' },
      kills: { type: 'string', default: '150' },
      'stack-kills': { type: 'string', default: '50' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  return {
    events: whole(values.events, '--events', 1),
    kills: whole(values.kills, '--kills', 0),
    stackKills: whole(values['stack-kills'], '--stack-kills', 0),
    seed: whole(values.seed, '--seed', 0),
  };
}

function whole(text: string, flag: string, least: number): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= least) return value;
  throw new RangeError(`${flag} takes a whole number from ${least} on, not ${text}`);
}
