import type { ReplayFilter } from '../../lib/core/replay.ts';
import { ProblemError } from '../../lib/core/problem.ts';
import { keys } from '../../lib/core/keys.ts';
import { startReplay } from '../../lib/pipeline/manage/replays.ts';
import { createCatalogWriter } from '../../lib/stores/catalog-writer.ts';
import { createReplayJobs } from '../../lib/stores/replay-jobs.ts';
import { createReplayPages } from '../../lib/stores/replay-pages.ts';
import { TABLES, dynamoClient } from './functions.ts';
import type { DynamoModel } from './model/dynamo.ts';
import { chat } from './providers.ts';
import type { Random } from './random.ts';
import type { Tenant } from './scenario.ts';
import type { Tell } from './trace.ts';
import type { World } from './world.ts';

/** Somebody sends again what died, or what was posted. */
export interface PlannedReplay {
  readonly tenant: string;
  /** After the start. */
  readonly atMs: number;
  readonly what:
    | { readonly state: 'dead'; readonly destination?: string }
    | { readonly topic: string; readonly destinations?: readonly string[] };
}

/** A replay that was taken on. */
export interface Started {
  readonly tenant: string;
  readonly id: string;
  readonly atMs: number;
  readonly filter: ReplayFilter;
}

/** Some tenants replay what died, some what they posted; a line that stops is seen to until nothing holds it. */
export function drawReplays(tenants: readonly Tenant[], random: Random): PlannedReplay[] {
  return tenants.flatMap(({ id, destinations, topics }): PlannedReplay[] => {
    const planned: PlannedReplay[] = [];
    const { id: destination } = random.pick(destinations);
    const what = { state: 'dead', ...(random.chance(0.3) && { destination }) } as const;
    if (random.chance(0.2)) planned.push({ tenant: id, atMs: random.between(20_000, 200_000), what });
    const topic = random.pick(['order.paid', 'disk.full']);
    const some = random.chance(0.3) ? { destinations: [destination] } : {};
    if (random.chance(0.07))
      planned.push({ tenant: id, atMs: random.between(30_000, 150_000), what: { topic, ...some } });
    if (!topics.some(({ onDead }) => onDead === 'stop')) return planned;
    return [
      ...planned,
      ...RESCUES_MS.map((atMs) => ({ tenant: id, atMs, what: { state: 'dead' as const } })),
    ];
  });
}

const RESCUES_MS = [5, 40].map((minutes) => minutes * 60_000);
const RANGE_MS = 3_600_000;

/** Where replays are asked for, by the endpoint of the API; the timers then work on them. */
export function createReplayDesk(
  planned: readonly PlannedReplay[],
  { startMs, world, dynamo, tell }: DeskDeps,
) {
  const client = dynamoClient(async (command) => dynamo.run(command));
  const ledger = { client, name: TABLES.ledger, wait: () => Promise.resolve() };
  const jobs = createReplayJobs(ledger, { now: world.now });
  let ids = 0;
  const start = startReplay({
    jobs,
    pages: createReplayPages(ledger),
    entries: createCatalogWriter({ ...ledger, name: TABLES.catalog }),
    channels: new Map([[chat.name, chat]]),
    random: () => Uint8Array.from([ids++, 0, 0]),
    ttl: () => Math.ceil(world.now() / 1_000) + 86_400,
    now: world.now,
  });
  const started: Started[] = [];
  let waiting = planned.length;

  async function ask({ tenant, what }: PlannedReplay): Promise<Started> {
    const range = {
      from: new Date(startMs - RANGE_MS).toISOString(),
      to: new Date(world.now()).toISOString(),
    };
    const text = JSON.stringify({ ...what, ...range });
    const body = Buffer.from(text);
    const call = {
      caller: { tenant, keyId: '', cursorKey: '', scopes: ['manage'] },
      params: {},
      query: new URLSearchParams(),
      headers: { 'content-type': 'application/json' },
      body,
    } as const;
    const answer = await start(call);
    const { id, filter } = answer.body as Started;
    tell(tenant, `replays ${text}`);
    const one = { tenant, id, atMs: world.now(), filter };
    started.push(one);
    return one;
  }

  async function begin(one: PlannedReplay, onStart: (one: Started) => void): Promise<void> {
    try {
      onStart(await ask(one));
    } catch (error) {
      // Its destination is gone by now.
      if (!(error instanceof ProblemError)) throw error;
    } finally {
      waiting--;
    }
  }

  return {
    /** Calls back once each replay that is taken on, at that moment. */
    plan(onStart: (one: Started) => void): void {
      for (const one of planned) {
        world.at(startMs + one.atMs, () => void begin(one, onStart));
      }
    },
    /** Replays that are not over. */
    open: (): number => waiting + started.filter((one) => stateOf(one, dynamo) === 'running').length,
  };
}

export interface DeskDeps {
  readonly startMs: number;
  readonly world: World;
  readonly dynamo: DynamoModel;
  readonly tell: Tell;
}

export function stateOf({ tenant, id }: Pick<Started, 'tenant' | 'id'>, dynamo: DynamoModel): string {
  const { pk, sk } = keys.replay(tenant, id);
  return dynamo.get(TABLES.ledger, { pk: { S: pk }, sk: { S: sk } })?.['state']?.S ?? 'absent';
}
