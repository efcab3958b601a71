/** Work of which the time is asked. */
export interface Side {
  /** Does the work once; answers how many units of it, such as deliveries, were done. */
  readonly run: () => number | Promise<number>;
  /** How often in a round: enough for some 20 ms, since the clock of CPU time is coarse. */
  readonly times: number;
  /** What has to be there before the work; its time does not count. */
  readonly prepare?: () => void;
}

export interface Turns {
  readonly rounds: number;
  /** Rounds that come first and do not count. */
  readonly warmUp: number;
  readonly onRound?: (done: number) => void;
}

/** CPU microseconds of the whole process per unit of work, round by round, for sides that take turns. */
export function interleave<K extends string>(
  sides: Readonly<Record<K, Side>>,
  turns: Turns,
): Promise<Record<K, number[]>> {
  const samplers = Object.entries<Side>(sides).map(([name, side]) => [name, () => cpuOf(side)]);
  return takeTurns<K>(Object.fromEntries(samplers), turns);
}

/** One sample of each in turn, round by round: whatever slows the machine slows all of them. */
export async function takeTurns<K extends string>(
  samplers: Readonly<Record<K, () => Promise<number>>>,
  { rounds, warmUp, onRound = () => {} }: Turns,
): Promise<Record<K, number[]>> {
  const names = Object.keys(samplers) as K[];
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<K, number[]>;
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names) {
      const us = await samplers[name]();
      if (round >= 0) samples[name].push(us);
    }
    onRound(Math.max(0, round + 1));
  }
  return samples;
}

/** CPU microseconds of the whole process per unit of work, garbage collection and compilation included. */
export async function cpuOf(side: Side): Promise<number> {
  side.prepare?.();
  const before = process.cpuUsage();
  const done = await work(side);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / done;
}

/** The same by the clock on the wall: for work that is mostly done elsewhere. */
export async function wallOf(side: Side): Promise<number> {
  const startedAt = performance.now();
  const done = await work(side);
  return ((performance.now() - startedAt) * 1_000) / done;
}

async function work({ run, times }: Side): Promise<number> {
  let done = 0;
  for (let index = 0; index < times; index++) {
    const units = run();
    done += units instanceof Promise ? await units : units;
  }
  return done;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}
