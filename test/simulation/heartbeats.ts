import { type Heartbeat, waitOf } from '../../lib/core/heartbeat.ts';
import { createCatalogWriter } from '../../lib/stores/catalog-writer.ts';
import { createHeartbeats } from '../../lib/stores/heartbeats.ts';
import { TABLES, dynamoClient } from './functions.ts';
import type { LambdaFunction } from './lambda.ts';
import type { DynamoModel } from './model/dynamo.ts';
import type { Random } from './random.ts';
import type { Tell } from './trace.ts';
import type { World } from './world.ts';

/** A heartbeat, and how it beats. Times are after the start. */
export interface PlannedHeartbeat {
  readonly tenant: string;
  readonly heartbeat: Heartbeat;
  readonly beatsMs: readonly number[];
  /** When it is removed: nothing of it is under way any more in the end. */
  readonly goneMs: number;
}

/** A beat that was sent, and whether and when it was heard of to have been taken; real time. */
export interface Beat {
  readonly tenant: string;
  readonly id: string;
  readonly begunMs: number;
  readonly takenMs?: number;
}

const MINUTE = 60_000;
/** So long a silence is told of whatever goes wrong: timers that stood still wait for one beat more. */
export const LONG_MS = 7 * MINUTE;

/** Beats, falls silent for so long that everybody hears of it or for about as long as it may, and beats again. */
export function drawHeartbeats(tenant: string, random: Random): PlannedHeartbeat[] {
  return ['backup', 'sync'].slice(0, random.whole(1, 2)).map((id): PlannedHeartbeat => {
    const everyMs = random.whole(4, 20) * 1_000;
    const heartbeat = { id, everyMs, graceMs: random.whole(0, 4) * 1_000 };
    const beatsMs: number[] = [];
    let atMs = random.between(0, everyMs);
    for (let stops = random.whole(1, 3); stops >= 0; stops--) {
      for (const endMs = atMs + random.between(0, 90_000); atMs < endMs;) {
        beatsMs.push(atMs);
        atMs += everyMs * random.between(0.3, random.chance(0.2) ? 1.6 : 0.9);
      }
      const silentMs = random.chance(0.6) ? LONG_MS * random.between(1, 1.6) : waitOf(heartbeat);
      // Mostly just when the timers look.
      const backMs = atMs + silentMs;
      atMs = random.chance(0.7) ? Math.ceil(backMs / MINUTE) * MINUTE + random.between(0, 150) : backMs;
    }
    const isLate = random.chance(0.3);
    return { tenant, heartbeat, beatsMs, goneMs: (beatsMs.at(-1) ?? 0) + (isLate ? LONG_MS * 1.5 : 500) };
  });
}

/** Jobs that beat, without a second try; the first settings are there from the start. */
export async function createJobs(
  planned: readonly PlannedHeartbeat[],
  deps: {
    readonly beat: LambdaFunction<{ readonly tenant: string; readonly id: string }, string>;
    readonly startMs: number;
    readonly world: World;
    readonly dynamo: DynamoModel;
    readonly tell: Tell;
  },
) {
  const { beat, startMs, world, dynamo, tell } = deps;
  const client = dynamoClient(async (command) => dynamo.run(command));
  const wait = () => Promise.resolve();
  const writer = createCatalogWriter({ client, name: TABLES.catalog, wait });
  const heartbeats = createHeartbeats(
    { client, name: TABLES.ledger, wait },
    { now: () => Math.floor(world.now()) },
  );
  const beats: Beat[] = [];
  let open = 0;

  async function send(tenant: string, id: string): Promise<void> {
    const begunMs = world.now();
    const ended = await beat.invoke({ tenant, id });
    const isTaken = ended.kind === 'returned' && ended.value === 'beaten';
    tell(tenant, `${id} beats${isTaken ? '' : ', unheard'}`);
    beats.push({ tenant, id, begunMs, ...(isTaken && { takenMs: world.now() }) });
    open--;
  }

  /** As the API does it: first the timers are told to look, then its settings are gone. */
  async function remove(tenant: string, id: string): Promise<void> {
    await heartbeats.arm(tenant, id, false);
    const entry = (await writer.list(tenant, 'heartbeat')).find((one) => one.id === id);
    if (entry) await writer.remove(tenant, 'heartbeat', id, entry.etag);
    tell(tenant, `removes the heartbeat ${id}`);
    open--;
  }

  for (const { tenant, heartbeat, beatsMs, goneMs } of planned) {
    const { id, ...body } = heartbeat;
    await heartbeats.arm(tenant, id, true);
    await writer.put(tenant, 'heartbeat', id, body, undefined);
    open += beatsMs.length + 1;
    for (const atMs of beatsMs) world.at(startMs + atMs, () => void send(tenant, id));
    world.at(startMs + goneMs, () => void remove(tenant, id));
  }
  return {
    beats,
    /** Beats and removals that are not done, and heartbeats that the timers look at. */
    open: (): number =>
      open +
      dynamo.items(TABLES.ledger).filter(({ sk, dueAt }) => sk?.S === 'heartbeat' && dueAt !== undefined)
        .length,
  };
}
