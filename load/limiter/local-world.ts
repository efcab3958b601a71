import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SILENT_VIEW } from '../../cdk/local/console-view.ts';
import { startLocalStack } from '../../cdk/local/local-stack.ts';
import type { LogLine } from '../../cdk/local/log-line.ts';
import type { StatsSnapshot } from '../../cdk/local/stats.ts';
import { isObject } from '../../lib/core/is-object.ts';
import { driver } from '../../test/e2e/rig.ts';
import type { Timed } from './pace.ts';

/** A backlog on the local stack. */
export interface Crowd {
  readonly channel: CrowdedChannel;
  readonly destinations: number;
  /** Deliveries to each. */
  readonly each: number;
  /** Sends per second, of all destinations together. */
  readonly limit?: number | undefined;
  /** Processes that deliver. */
  readonly workers: number;
}

export interface Drained {
  /** By the clock of the process that sent, as its log tells it. */
  readonly starts: readonly Timed[];
  /** By the clock of the twin. */
  readonly arrivals: readonly Timed[];
  /** Writes of the limits table. */
  readonly writes: number;
  /** Deliveries that were sent back for want of a slot, each time counted. */
  readonly denials: number;
}

const LONGEST_MS = 300_000;
const LOOK_MS = 500;

/** Settings of a destination, by channel. */
const CHANNELS = {
  webhook: (id: string) => ({ url: `\${TWIN_URL}/webhook/${id}` }),
  email: () => ({
    via: 'smtp',
    smtpUrl: { secret: 'mail/server' },
    from: 'fanfare@example.com',
    to: 'team@example.com',
    perSecond: 500,
  }),
};
export type CrowdedChannel = keyof typeof CHANNELS;

export function isCrowdedChannel(name: string): name is CrowdedChannel {
  return Object.hasOwn(CHANNELS, name);
}

/** Posts the backlog to a local stack of its own, and waits until all of it was sent. */
export async function drain(crowd: Crowd): Promise<Drained> {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-limiter-'));
  const catalog = join(dir, 'catalog.json');
  writeFileSync(catalog, JSON.stringify(catalogOf(crowd)));
  const starts: Timed[] = [];
  let denials = 0;
  const line = (_: string, written: LogLine): void => {
    if (written.kind !== 'log') return;
    const { at, counts } = written.fields;
    if (written.message === 'attempt' && typeof at === 'string') starts.push({ atMs: Date.parse(at) });
    if (written.message === 'batch delivered' && isObject(counts)) denials += Number(counts['deferred']);
  };
  const stack = await startLocalStack({
    memory: true,
    catalog,
    isolate: true,
    concurrency: crowd.workers,
    logLevel: 'debug',
    view: { ...SILENT_VIEW, line },
  });
  try {
    const user = driver(stack);
    const titles = Array.from({ length: crowd.each }, (_, n) => `${n}`);
    await user.post(
      '/v1/events',
      titles.map((title) => ({ topic: 'load', data: { title } })),
    );
    const wanted = crowd.each * crowd.destinations;
    // The inbox is not looked at meanwhile: to list thousands of messages takes the stack its time.
    for (let waited = 0; starts.length < wanted && waited < LONGEST_MS; waited += LOOK_MS)
      await sleep(LOOK_MS);
    const inbox = await user.inbox(`channel=${crowd.channel}`);
    return {
      starts,
      arrivals: inbox.map(({ at }) => ({ atMs: Date.parse(at) })),
      writes: limitWrites(await user.stats()),
      denials,
    };
  } finally {
    await stack.close();
    rmSync(dir, { recursive: true });
  }
}

function catalogOf({ channel, destinations, limit }: Crowd) {
  const ids = Array.from({ length: destinations }, (_, n) => `${channel}${n}`);
  return {
    destinations: ids.map((id) => ({ id, channel, settings: CHANNELS[channel](id) })),
    routes: [{ id: 'all', topics: ['load'], destinations: ids }],
    ...(limit !== undefined && { limits: [{ id: 'all', rate: { limit, perMs: 1_000 } }] }),
  };
}

/** Of what the deliver functions write, only scopes are written by UpdateItem, unless something fails. */
function limitWrites({ functions }: StatsSnapshot): number {
  return Object.entries(functions)
    .filter(([label]) => label.startsWith('Deliver'))
    .reduce((sum, [, { byAction }]) => sum + (byAction['dynamodb:UpdateItem'] ?? 0), 0);
}
