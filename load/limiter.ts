import { parseArgs } from 'node:util';
import type { ScopeSpec } from '../lib/channel.ts';
import type { Limit } from '../lib/core/catalog.ts';
import { type ChatSettings, destinationOf } from './limiter/chat.ts';
import { paceOf } from './limiter/pace.ts';
import { type Row, drainOf, member, ratios, summary, waitsOf } from './limiter/rows.ts';
import { type World, type WorldOptions, openWorld, toldIn } from './limiter/world.ts';

/*
 * How close to its limits the deliver pipeline sends, and what that costs: the code that is deployed, on an
 * emulated table, in virtual time. A crowd of 5,000 takes about a minute.
 *
 *     node load/limiter.ts [shared | members | chats | bots | backlog | urgent | dead | outage | single]
 *         [--workers 3] [--pack 1] [--stall 0] [--merge]
 *
 * With --stall each worker stands still for so many ms, about five times a second, as one with little CPU does. With
 * --merge what would wait for more than a minute is told together.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    workers: { type: 'string', default: '3' },
    pack: { type: 'string', default: '1' },
    stall: { type: 'string', default: '0' },
    merge: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

interface Options {
  readonly workers: number;
  readonly pack: number;
}

const SECOND = 1_000;
const OUTAGE_MS = 600_000;
const perSecond = (limit: number) => ({ limit, perMs: SECOND });
/** The first letter of a destination names its bot. */
const bot = (limit: number): ScopeSpec<ChatSettings> => ({
  name: 'bot',
  key: (settings) => destinationOf(settings).slice(0, 1),
  shared: true,
  ...perSecond(limit),
});
const tenant = (limit: number): Limit => ({ id: 'tenant', rate: perSecond(limit) });
const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

const SCENARIOS: Readonly<Record<string, (options: Options) => Promise<Row[]>>> = {
  /** One scope of 100/s, ten destinations, 5,000 deliveries at once. */
  shared: ({ workers, pack }) =>
    inWorld({ scopes: [bot(100)], destinations: names('d', 10) }, async (world) => {
      crowd(world, names('d', 10), 500, pack);
      await world.run(workers);
      return [summary(world, 100)];
    }),
  /** Three destinations of 100/s under a shared 200/s. */
  members: ({ workers, pack }) =>
    inWorld({ rate: perSecond(100), scopes: [bot(200)], destinations: names('d', 3) }, async (world) => {
      crowd(world, names('d', 3), 1_000, pack);
      await world.run(workers);
      return [summary(world, 200), member(world, 'd0', 100)];
    }),
  /** 29 chats of 1/s under a bot of 30/s. */
  chats: ({ workers, pack }) =>
    inWorld({ rate: perSecond(1), scopes: [bot(30)], destinations: names('c', 29) }, async (world) => {
      crowd(world, names('c', 29), 60, pack);
      await world.run(workers);
      return [summary(world, 29), member(world, 'c0', 1)];
    }),
  /** The same chats, idle but for a message now and then, alone and beside one with a backlog of 1,000. */
  backlog: async ({ workers, pack }) => {
    const waits: Row[] = [];
    for (const load of [0, 1_000]) {
      const rows = await inWorld(
        { rate: perSecond(1), scopes: [bot(30)], destinations: names('c', 30) },
        async (world) => {
          if (load > 0) world.post('c29', names('b', load), { pack });
          for (const [index, chat] of names('c', 29).entries())
            for (const second of Array(20).keys())
              world.post(chat, [`${chat}-${second}`], { atMs: second * 6_000 + index * 199 });
          await world.run(workers, 130_000);
          const { c29: rest = [], idle = [] } = Object.groupBy(world.sent, ({ destination }) =>
            destination === 'c29' ? destination : 'idle',
          );
          return [
            {
              backlog: load,
              idleSent: idle.length,
              ...waitsOf(idle),
              backlogSent: rest.length,
              backlogTold: toldIn(rest),
              lastAfter: rest.length > 0 ? Math.round((rest.at(-1)!.atMs - world.startMs) / SECOND) : '',
              ...ratios(world),
            },
          ];
        },
      );
      waits.push(...rows);
    }
    return waits;
  },
  /** Urgent ones behind the backlog of `shared`. */
  urgent: ({ workers, pack }) =>
    inWorld({ scopes: [bot(100)], destinations: names('d', 10) }, async (world) => {
      crowd(world, names('d', 10), 200, pack);
      const urgent = names('u', 15);
      urgent.forEach((event, n) => world.post(`d${n % 10}`, [event], { atMs: 937 * n, lane: 'urgent' }));
      await world.run(workers);
      const waits = world.sent
        .filter(({ event }) => event.startsWith('u'))
        .map(({ atMs, receivedMs }) => Math.round(atMs - receivedMs));
      return [{ urgent: waits.length, longestWait: Math.max(...waits), ...summary(world, 100) }];
    }),
  /** Nine destinations that get a message each second, alone and beside a dead one with a backlog of 2,000. */
  dead: async ({ workers, pack }) => {
    const rows: Row[] = [];
    for (const load of [0, 2_000]) {
      const options = {
        destinations: names('d', 10),
        answer: (destination: string) => (destination === 'd9' ? 503 : 200),
        retryMs: [5_000, 300_000, 1_800_000],
      };
      const row = await inWorld(options, async (world) => {
        if (load > 0) world.post('d9', names('b', load), { pack });
        for (const [index, id] of names('d', 9).entries())
          for (const second of Array(60).keys())
            world.post(id, [`${id}-${second}`], { atMs: second * 1_000 + index * 97 });
        await world.run(workers, 90_000);
        const healthy = world.sent.filter(({ destination }) => destination !== 'd9');
        return [
          {
            backlog: load,
            healthySent: healthy.length,
            ...waitsOf(healthy),
            deadSends: world.sent.length - healthy.length,
            receivesPerParked: load > 0 ? ((world.counts().receives - healthy.length) / load).toFixed(2) : '',
          },
        ];
      });
      rows.push(...row);
    }
    return rows;
  },
  /** Two bots of 30/s below a limit of 50/s that the tenant set, without and with chats of 1/s. */
  bots: async ({ workers, pack }) => {
    const rows: Row[] = [];
    for (const rate of [undefined, perSecond(1)]) {
      const chats = [...names('a', 25), ...names('b', 25)];
      const options = { scopes: [bot(30)], limits: [tenant(50)], destinations: chats, ...(rate && { rate }) };
      rows.push(
        ...(await inWorld(options, async (world) => {
          crowd(world, chats, 60, pack);
          await world.run(workers);
          const ofA = world.sent.filter(({ destination }) => destination.startsWith('a'));
          return [
            { chats: rate ? '1/s' : 'any', ...summary(world, 50), busiestBot: paceOf(ofA, 30).busiest },
          ];
        })),
      );
    }
    return rows;
  },
  /** A destination of 100/s that is down for ten minutes, with 20,000 for it: how it drains after that. */
  outage: ({ workers }) => {
    const options = {
      rate: perSecond(100),
      destinations: ['d'],
      answer: (_: string, afterMs: number) => (afterMs < OUTAGE_MS ? 503 : 200),
      retryMs: [5_000, 300_000, 900_000, 900_000, 900_000],
    };
    return inWorld(options, async (world) => {
      crowd(world, ['d'], 20_000, 10);
      await world.run(workers);
      const after = world.sent.filter(({ status }) => status === 200);
      const failed = world.sent.length - after.length;
      const backAfter = Math.round((after[0]!.atMs - world.startMs - OUTAGE_MS) / SECOND);
      return [{ failed, backAfter, ...drainOf(after, 100), ...ratios(world) }];
    });
  },
  /** One destination of 1/s. */
  single: ({ workers, pack }) =>
    inWorld({ rate: perSecond(1), destinations: ['d'] }, async (world) => {
      crowd(world, ['d'], 120, pack);
      await world.run(workers);
      return [summary(world, 1)];
    }),
};

async function inWorld(options: WorldOptions, act: (world: World) => Promise<Row[]>): Promise<Row[]> {
  const world = await openWorld({ stallMs: Number(values.stall), merges: values.merge, ...options });
  try {
    return await act(world);
  } finally {
    await world.close();
  }
}

function crowd(world: World, destinations: readonly string[], each: number, pack: number): void {
  for (const destination of destinations) world.post(destination, names(`${destination}-`, each), { pack });
}

if (values.help) {
  console.log(
    `node load/limiter.ts [${Object.keys(SCENARIOS).join(' | ')}] [--workers 3] [--pack deliveries per message] [--stall ms] [--merge]`,
  );
} else {
  const wanted = positionals.length > 0 ? positionals : Object.keys(SCENARIOS);
  for (const name of wanted) {
    const scenario = SCENARIOS[name];
    if (!scenario) throw new Error(`there is no scenario ${name}`);
    console.log(name);
    console.table(await scenario({ workers: Number(values.workers), pack: Number(values.pack) }));
  }
}
