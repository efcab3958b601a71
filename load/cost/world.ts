import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type LocalStack, startLocalStack } from '../../cdk/local/local-stack.ts';
import { registry } from '../../lib/registry.ts';
import { WEBHOOKS } from './naive-env.ts';
import { bundleNaive, withNaive } from './naive-stack.ts';
import { PROFILES, runFanfare, runNaive } from './run.ts';

const FIXTURES = join(import.meta.dirname, '../../test/fixtures');
/** An event of this topic goes to a destination of each channel. */
export const CHANNELS_TOPIC = 'cost.channels';
export const BULK_TOPIC = 'fanfare.bulk';
/** Enough posts for each execution environment to have been started: starts are under 1 % of runs on Lambda. */
const WARM_UP = { ...PROFILES.single, events: 60 };

/** Both stacks, running and warm. */
export interface World {
  readonly local: LocalStack;
  /** Folder in which commands find the stack. */
  readonly cwd: string;
  readonly close: () => Promise<void>;
}

/** Deployment settings with which each channel has a queue and a function of its own. */
export const DEDICATED = { dedicated: [...registry.keys()] };

/** Starts the local stack, with these settings over its own, and the naive one beside it. */
export async function openWorld(settings?: object): Promise<World> {
  const cwd = mkdtempSync(join(tmpdir(), 'fanfare-cost-'));
  const naive = join(cwd, 'naive');
  try {
    await bundleNaive(naive);
    const catalog = join(cwd, 'catalog.yaml');
    writeFileSync(catalog, catalogText());
    const local = await startLocalStack({
      dir: join(cwd, '.fanfare'),
      memory: true,
      catalog,
      change: (model) => withNaive(model, naive),
      ...(settings && { cdkOut: join(cwd, 'cdk.out'), settings }),
    });
    const world: World = {
      local,
      cwd,
      close: async () => {
        await local.close();
        rmSync(cwd, { recursive: true, force: true });
      },
    };
    await warmUp(world);
    return world;
  } catch (error) {
    rmSync(cwd, { recursive: true, force: true });
    throw error;
  }
}

async function warmUp(world: World): Promise<void> {
  try {
    await runFanfare(WARM_UP, world);
    await runNaive(WARM_UP, world);
  } catch (error) {
    await world.local.close();
    throw error;
  }
}

interface Catalog {
  readonly destinations: readonly { readonly id: string }[];
  readonly routes: readonly object[];
}

/** Three webhooks without a rate for the profiles, a destination of each channel, and a topic without claims. */
function catalogText(): string {
  const [load, example] = ['catalog.load.yaml', 'catalog.example.yaml'].map(
    (name) => parse(readFileSync(join(FIXTURES, name), 'utf8')) as Catalog,
  ) as [Catalog, Catalog];
  const ids = new Set<string>(WEBHOOKS);
  const each = example.destinations.filter(({ id }) => !ids.has(id));
  return stringify({
    destinations: [...load.destinations, ...each],
    routes: [
      ...load.routes,
      { id: 'channels', topics: [CHANNELS_TOPIC], destinations: each.map(({ id }) => id) },
    ],
    topics: [{ id: 'bulk', topics: [BULK_TOPIC], claims: 'off' }],
  });
}
