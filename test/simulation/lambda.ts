import type { QueueRecord } from '../../lib/core/message.ts';
import { type Outside, type Process, createProcess } from './process.ts';
import type { SqsModel } from './model/sqs.ts';

/** What a function does with its event; the deadline is by its own clock. */
export type Step<E, R> = (event: E, deadlineMs: number) => Promise<R>;

export interface FunctionSpec<E, R> {
  readonly name: string;
  readonly timeoutMs: number;
  /** A cold start: what a new execution environment remembers begins here. */
  readonly start: (process: Process) => Step<E, R>;
  /** Draws the clock of a new environment. */
  readonly clock: () => () => number;
}

export type Ended<R> =
  | { readonly kind: 'returned'; readonly value: R }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'died' };

export interface LambdaFunction<E, R> {
  /** Runs an event in a warm environment, or in a new one. */
  readonly invoke: (event: E) => Promise<Ended<R>>;
  readonly running: () => number;
}

/** A function and its execution environments: one event each at a time, killed when it takes too long. */
export function createFunction<E, R>(spec: FunctionSpec<E, R>, outside: Outside): LambdaFunction<E, R> {
  const { world, random, faults } = outside;
  const idle: { readonly process: Process; readonly step: Step<E, R> }[] = [];
  let started = 0;
  let running = 0;

  function environment() {
    const warm = random.chance(faults().recycled) ? undefined : idle.pop();
    if (warm?.process.isAlive()) return warm;
    const process = createProcess(`${spec.name}-${++started}`, spec.clock(), outside);
    return { process, step: spec.start(process) };
  }

  return {
    running: () => running,
    invoke: (event) =>
      new Promise((resolve) => {
        const env = environment();
        const { process, step } = env;
        running++;
        let over = false;
        const end = (ended: Ended<R>): void => {
          if (over) return;
          over = true;
          running--;
          process.onDeath = undefined;
          if (ended.kind !== 'died') idle.push(env);
          resolve(ended);
        };
        process.onDeath = () => end({ kind: 'died' });
        world.at(world.now() + spec.timeoutMs, () => {
          if (!over) process.kill('timed out');
        });
        step(event, process.now() + spec.timeoutMs).then(
          (value) => end({ kind: 'returned', value }),
          (error: unknown) => end({ kind: 'threw', error }),
        );
      }),
  };
}

export interface Mapping {
  readonly queue: string;
  readonly target: LambdaFunction<readonly QueueRecord[], readonly string[]>;
  readonly batchSize: number;
  readonly concurrency: number;
}

/** An event source mapping: hands batches to its function, and deletes what that does not call failed. */
export function createMapping(
  { queue, target, batchSize, concurrency }: Mapping,
  sqs: SqsModel,
  outside: Outside,
) {
  const { world, random, faults, tell } = outside;
  const receiving = {
    pick: (count: number) => random.whole(0, count - 1),
    twice: () => random.chance(faults().twice),
  };
  let open = 0;

  function settle(records: readonly QueueRecord[], ended: Ended<readonly string[]>): void {
    if (ended.kind === 'died') return;
    if (ended.kind === 'threw') {
      tell(queue, `batch failed: ${String(ended.error)}`);
      return;
    }
    // A deletion that does not arrive is the same as a message that is handed out twice.
    if (random.chance(faults().twice / 3)) return;
    const done = records.filter(({ messageId }) => !ended.value.includes(messageId));
    sqs.remove(
      queue,
      done.map(({ receiptHandle }) => receiptHandle),
    );
  }

  async function run(records: readonly QueueRecord[]): Promise<void> {
    open++;
    tell(queue, `hands out ${records.map(({ messageId }) => messageId).join(' ')}`);
    const ended = await target.invoke(records);
    open--;
    settle(records, ended);
    world.at(world.now() + random.between(1, 20), pump);
  }

  function pump(): void {
    while (open < concurrency) {
      const records = sqs.receive(queue, random.whole(1, batchSize), receiving);
      if (records.length === 0) return;
      void run(records);
    }
  }

  return {
    /** A message will be visible then. */
    wake: (atMs: number): void => world.at(atMs + random.between(1, 30), pump),
  };
}
