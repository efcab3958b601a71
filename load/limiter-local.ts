import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { drain, isCrowdedChannel } from './limiter/local-world.ts';
import { paceOf } from './limiter/pace.ts';

/*
 * How close to a limit the whole local stack sends in real time: a limit of 100/s, shared by ten destinations, and three
 * processes that deliver. Sends are judged where they start, by the clock of the process, and where they arrive. The
 * second row is what the same machine does without the limit. A slot that a process misses by more than 10 ms is
 * lost, so that the use says little on a machine that is busy with something else; there, `chrt` (as root) sees to it
 * that nothing else gets in the way.
 *
 *     [chrt -r 1] node load/limiter-local.ts [--count 5000] [--channel webhook | email]
 */
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '5000' },
    channel: { type: 'string', default: 'webhook' },
  },
});
const LIMIT = 100;
const DESTINATIONS = 10;
const WORKERS = 3;

const { channel, count } = values;
if (!isCrowdedChannel(channel)) throw new Error(`there is no crowd for ${channel}`);
const crowd = { channel, destinations: DESTINATIONS, each: Number(count) / DESTINATIONS, workers: WORKERS };

async function measure(limit: number | undefined) {
  const { starts, arrivals, writes, denials } = await drain({ ...crowd, limit });
  const { busiest, use } = paceOf(starts, LIMIT);
  return {
    limit: limit ?? 'none',
    sent: starts.length,
    arrived: arrivals.length,
    perSecond: (use * LIMIT).toFixed(1),
    busiestByStart: busiest,
    busiestByArrival: paceOf(arrivals, LIMIT).busiest,
    use: limit === undefined ? '' : use.toFixed(4),
    writesPerSend: (writes / starts.length).toFixed(3),
    receives: (1 + denials / starts.length).toFixed(3),
    machineLoad: loadavg()[0]?.toFixed(1),
  };
}

console.table([await measure(LIMIT), await measure(undefined)]);
