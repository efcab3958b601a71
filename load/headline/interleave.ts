/** Work of which the CPU time is asked. */
export interface Side {
  /** Does the work once; answers how many units of it, such as deliveries, were done. */
  readonly run: () => number | Promise<number>;
  /** How often in a round: enough for some 20 ms, since the clock of CPU time is coarse. */
  readonly times: number;
}

/**
 * CPU microseconds of the whole process per unit of work, round by round, for sides that take turns: whatever slows
 * the machine slows all of them. The first rounds warm up and do not count.
 */
export async function interleave<K extends string>(
  sides: Readonly<Record<K, Side>>,
  {
    rounds,
    warmUp,
    onRound,
  }: { readonly rounds: number; readonly warmUp: number; readonly onRound: (done: number) => void },
): Promise<Record<K, number[]>> {
  const names = Object.keys(sides) as K[];
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<K, number[]>;
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names) {
      const us = await cpuOf(sides[name]);
      if (round >= 0) samples[name].push(us);
    }
    onRound(Math.max(0, round + 1));
  }
  return samples;
}

async function cpuOf({ run, times }: Side): Promise<number> {
  const before = process.cpuUsage();
  let done = 0;
  for (let index = 0; index < times; index++) {
    const units = run();
    done += units instanceof Promise ? await units : units;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / done;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
