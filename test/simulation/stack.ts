import { type Functions, timeoutMsOf } from './functions.ts';
import { deadQueue, readersOf } from './ground.ts';
import { createFunction, createMapping } from './lambda.ts';
import type { SqsModel } from './model/sqs.ts';
import type { Outside, Process } from './process.ts';
import type { Scenario } from './scenario.ts';
import type { Step } from './lambda.ts';

export interface StackDeps {
  readonly functions: Functions;
  readonly sqs: SqsModel;
  readonly outside: Outside;
  /** Draws the clock of a new environment. */
  readonly clock: () => () => number;
}

/** The functions of a stack, and the mappings through which they read their queues. */
export function startStack(
  scenario: Pick<Scenario, 'tenants' | 'concurrency' | 'batchSize'>,
  { functions, sqs, outside, clock }: StackDeps,
) {
  const { concurrency, batchSize } = scenario;
  const deployed = <E, R>(
    name: string,
    bundle: Parameters<typeof timeoutMsOf>[0],
    start: (process: Process) => Step<E, R>,
  ) => createFunction({ name, timeoutMs: timeoutMsOf(bundle), start, clock }, outside);

  const ingest = deployed('ingest', 'ingest', functions.ingest);
  const beat = deployed('beat', 'ingest', functions.beat);
  const timers = deployed('timers', 'timers', functions.timers);
  const deadLetters = deployed('dead-letters', 'dead-letters', functions.deadLetters);
  const readers = readersOf(scenario).map(({ queue, bundle }) => {
    return { queue, target: deployed(`${bundle}(${queue})`, bundle, functions.consumers[bundle](queue)) };
  });
  const all = [ingest, beat, timers, deadLetters, ...readers.map(({ target }) => target)];
  const mappings = readers.flatMap(({ queue, target }) => [
    { queue, target, batchSize, concurrency },
    { queue: deadQueue(queue), target: deadLetters, batchSize, concurrency: 1 },
  ]);
  const wakes = new Map(mappings.map((one) => [one.queue, createMapping(one, sqs, outside).wake]));

  return {
    ingest,
    beat,
    timers,
    running: (): number => all.reduce((sum, one) => sum + one.running(), 0),
    queued: (): number => mappings.reduce((sum, { queue }) => sum + sqs.size(queue), 0),
    /** A message will be visible then. */
    wake: (queue: string, atMs: number): void => wakes.get(queue)?.(atMs),
  };
}
