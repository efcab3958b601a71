import type { Enqueue } from '../queues.ts';

/** Failures in a row after which a queue is left alone. */
const OPEN_AFTER = 5;
/** Time after which one post tries it again, and all others if it got through. */
const OPEN_MS = 5_000;

interface Health {
  failures: number;
  askAgainAt: number;
}

/**
 * Leaves a queue alone that has failed several times in a row: a sender learns at once that it has to come
 * again, instead of waiting for tries that would fail. Each queue is judged for itself.
 */
export function guardQueue(enqueue: Enqueue, { now }: { readonly now: () => number }): Enqueue {
  const known = new Map<string, Health>();

  return async (queue, messages) => {
    const health = known.get(queue) ?? { failures: 0, askAgainAt: 0 };
    known.set(queue, health);
    if (health.failures >= OPEN_AFTER) {
      if (now() < health.askAgainAt) throw new Error('the queue has failed too often to be asked again now');
      health.askAgainAt = now() + OPEN_MS;
    }
    try {
      const result = await enqueue(queue, messages);
      health.failures = 0;
      return result;
    } catch (error) {
      health.failures++;
      health.askAgainAt = now() + OPEN_MS;
      throw error;
    }
  };
}
