import { randomBytes } from 'node:crypto';
import { createChance } from '../limiter/chance.ts';
import { watchArrivals } from './arrivals.ts';
import { drain } from './drain.ts';
import { type Emitted, nothingEmitted, since } from './emitted.ts';
import { createMaker } from './events.ts';
import { type Measured, partsOf, valuesOf } from './measured.ts';
import { type Clock, openLoop } from './open-loop.ts';
import type { Sample } from './result.ts';
import { type FlowSpec, type Scale, type Scenario, sizeOf } from './scenario.ts';
import { shoot } from './shoot.ts';
import { smoke } from './smoke.ts';
import { type Shot, plan, scaled, secondsOf } from './stages.ts';
import { createTally } from './tally.ts';
import type { Target } from './target.ts';
import { watch } from './watch.ts';

export interface RunOptions {
  readonly scale: Scale;
  readonly seed: number;
}

export interface RunDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** Different texts of faults that are told apart. */
const MAX_FAULTS = 20;

/** One request of each flow, then the load, then the wait for what it has set going. */
export async function run(
  scenario: Scenario,
  target: Target,
  { scale, seed }: RunOptions,
  { clock, signal, progress }: RunDeps,
): Promise<Measured> {
  const { local } = target;
  progress('smoke: one request of each flow');
  const known = await smoke(scenario, target, { clock, signal });
  const before = (await local?.emitted()) ?? nothingEmitted();
  await local?.behave('asTold');

  const stages = scaled(scenario.stages, scale);
  const name = `f${randomBytes(6).toString('hex')}`;
  const maker = createMaker(name);
  const arrivals = local && watchArrivals(name, maker.posted, local.inbox);
  const chance = createChance(seed);
  const pick = createPick(scenario.flows, chance);
  const faults = new Map<string, number>();
  const onFault = (text: string): void => {
    const key = faults.has(text) || faults.size < MAX_FAULTS ? text : 'others';
    faults.set(key, (faults.get(key) ?? 0) + 1);
  };
  const startMs = clock.now() + 100;
  const tally = createTally(startMs);
  const seen = { startMs, tally, arrivals, maker, perEvent: scenario.perEvent };
  const samples: Sample[] = [];
  const watching = watch(seen, local, samples, { clock, progress, seconds: secondsOf(stages) });

  let endMs = startMs;
  let ended = 0;
  try {
    const fire = async ({ stage }: Shot, meantMs: number): Promise<void> =>
      shoot(pick(), meantMs, {
        call: target.call,
        direct: local?.direct,
        maker,
        known,
        chance,
        now: clock.now,
        record: (answered) => tally.record({ ...answered, stage }),
        onFault,
      });
    await openLoop(plan(stages, sizeOf(scenario)), fire, { clock, signal, startMs });
    endMs = Math.min(clock.now(), startMs + secondsOf(stages) * 1_000);
    ended = await drain(seen, target, { clock, signal, seconds: scenario.drainSeconds });
  } finally {
    await watching.stop();
  }
  await local?.behave('normally');
  const emitted: Emitted | undefined = local && since(await local.emitted(), before);
  const evidence = { ...seen, endMs, ended, emitted, samples };
  return {
    interrupted: signal.aborted,
    values: valuesOf(scenario, evidence),
    ...partsOf(scenario, evidence),
    arrivals: arrivals?.byChannelAndLane() ?? [],
    faults: Array.from(faults, ([text, count]) => ({ text, count })),
    seconds: tally.seconds(),
    samples,
  };
}

/** Picks flows by their weights. */
function createPick(flows: readonly FlowSpec[], chance: () => number): () => FlowSpec {
  const sum = flows.reduce((total, { weight }) => total + weight, 0);
  return () => {
    let left = chance() * sum;
    const picked = flows.find(({ weight }) => (left -= weight) < 0) ?? flows.at(-1);
    if (!picked) throw new Error('a scenario without flows');
    return picked;
  };
}
