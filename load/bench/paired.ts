/** Two sides that were timed round by round in turns, so that whatever slows the machine slows both. */
export interface Paired {
  /** Median over the rounds of first / second. */
  readonly ratio: number;
  /** Median microseconds of a call. */
  readonly firstUs: number;
  readonly secondUs: number;
}

export interface Side {
  /** Does the work once. */
  readonly run: () => unknown;
  /** How often in a round; the time is that of one call. */
  readonly times: number;
}

/** A tenth of the rounds, and at least five, come first to warm up and do not count. */
export async function paired(first: Side, second: Side, rounds: number): Promise<Paired> {
  const warm = Math.max(5, Math.ceil(rounds / 10));
  const pairs: (readonly [number, number])[] = [];
  for (let round = -warm; round < rounds; round++) {
    const pair = [await time(first), await time(second)] as const;
    if (round >= 0) pairs.push(pair);
  }
  return {
    ratio: median(pairs.map(([a, b]) => a / b)),
    firstUs: median(pairs.map(([a]) => a)),
    secondUs: median(pairs.map(([, b]) => b)),
  };
}

async function time({ run, times }: Side): Promise<number> {
  const startedAt = process.hrtime.bigint();
  for (let index = 0; index < times; index++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return Number(process.hrtime.bigint() - startedAt) / 1_000 / times;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
