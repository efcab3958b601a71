import { OPERATOR, type Pause, type PauseTarget, isPaused, pauseId } from '../../lib/core/pause.ts';
import { createPauses } from '../../lib/stores/pauses.ts';
import { TABLES, dynamoClient } from './functions.ts';
import type { DynamoModel } from './model/dynamo.ts';
import type { Write } from './model/table.ts';
import type { Send } from './providers.ts';
import type { Random } from './random.ts';
import type { Scenario, Tenant } from './scenario.ts';
import type { World } from './world.ts';

/** Something that people hold back for a while. */
export interface PlannedPause {
  /** A tenant, or whoever runs the stack. */
  readonly by: string;
  readonly target: PauseTarget;
  /** After the start. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Functions look at the catalog every 10 s, and send what they have a slot for, or begun with. */
const EFFECTIVE_MS = 15_000;
/** Where these happen, functions go by the copy of the catalog that they have, or take their time. */
const SLOWING = [
  'throttled',
  'lostRequest',
  'lostReply',
  'landsLate',
  'slow',
  'partial',
  'pause',
  'hangs',
] as const;

/** Some tenants pause something, or all of it; sometimes whoever runs the stack does. */
export function drawPauses(tenants: readonly Tenant[], random: Random): PlannedPause[] {
  const own = tenants.flatMap(({ id, destinations }): PlannedPause[] => {
    if (!random.chance(0.4)) return [];
    const target = random.chance(0.8)
      ? { destination: random.pick(destinations).id }
      : random.pick([{ channel: 'chat' }, { tenant: true as const }]);
    return [{ by: id, target, ...drawTimes(random) }];
  });
  return random.chance(0.1)
    ? [...own, { by: OPERATOR, target: { tenant: true }, ...drawTimes(random) }]
    : own;
}

function drawTimes(random: Random): Pick<PlannedPause, 'fromMs' | 'toMs'> {
  const fromMs = random.between(0, 20_000);
  return { fromMs, toMs: fromMs + random.between(1_000, 120_000) };
}

/** Makes and ends the pauses when their time comes. */
export function planPauses({ pauses }: Scenario, startMs: number, world: World, dynamo: DynamoModel): void {
  const client = dynamoClient(async (command) => dynamo.run(command));
  const store = createPauses({ client, name: TABLES.catalog, wait: () => Promise.resolve() });
  for (const pause of pauses) {
    const { id } = asPause(pause);
    world.at(startMs + pause.fromMs, () => void store.put(pause.by, asPause(pause)));
    const endMs = startMs + pause.toMs;
    world.at(endMs, () => void store.remove(pause.by, id, endMs));
  }
}

/** Whether a delivery has come to wait for the end of a pause. */
export function isParking({ before, after }: Write): boolean {
  return after?.['reason']?.S === 'paused' && before?.['reason']?.S !== 'paused';
}

/** Sends to what was paused, after that had to be known; nothing is judged on days that slow functions down. */
export function sentWhilePaused(
  { pauses, faults }: Scenario,
  startMs: number,
  sends: readonly Send[],
): readonly Send[] {
  if (SLOWING.some((name) => faults[name] > 0)) return [];
  return sends.filter(({ tenant, destination, atMs }) =>
    pauses.some((pause) => {
      const isIn = atMs >= startMs + pause.fromMs + EFFECTIVE_MS && atMs < startMs + pause.toMs;
      const isTheirs = pause.by === tenant || pause.by === OPERATOR;
      return isIn && isTheirs && isPaused([asPause(pause)], { id: destination, channel: 'chat' });
    }),
  );
}

function asPause({ target, fromMs }: PlannedPause): Pause {
  return { id: pauseId(target), target, at: fromMs };
}
