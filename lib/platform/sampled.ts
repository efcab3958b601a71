import type { Context } from 'aws-lambda';
import type { Handler } from './handle.ts';

/** Begins to watch a run; what it gives ends that. Neither may throw. */
export type WatchRun = (context: Context) => Promise<() => Promise<void>>;

interface SampledDeps {
  /** One run in so many is watched. */
  readonly oneIn: number;
  readonly watch: WatchRun;
  readonly random: () => number;
}

/** The handler, watched in one run of `oneIn`. The other runs get what they would have got without all this. */
export function sampled<E, R>(handler: Handler<E, R>, { oneIn, watch, random }: SampledDeps): Handler<E, R> {
  const watched: Handler<E, R> = async (event, context) => {
    const end = await watch(context);
    try {
      return await handler(event, context);
    } finally {
      await end();
    }
  };
  return (event, context) => (random() * oneIn < 1 ? watched : handler)(event, context);
}
