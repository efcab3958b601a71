import type { Enqueue } from '../queues.ts';

/**
 * Enqueues for a FIFO queue, which keeps the order in which it got them: of each group one message after the other,
 * and none after one that is not known to be safe.
 */
export function inOrder(enqueue: Enqueue): Enqueue {
  return async (queue, messages) => {
    const groups = [...Map.groupBy(messages.keys(), (index) => messages[index]!.groupId).values()];
    const failed: number[] = [];
    let open = groups;
    while (open.length > 0) {
      const heads = open.map(([first]) => first!);
      const lost = await lostOf(
        queue,
        heads.map((index) => messages[index]!),
        enqueue,
      );
      failed.push(...open.filter((_, at) => lost.has(at)).flat());
      open = open
        .filter((_, at) => !lost.has(at))
        .map((group) => group.slice(1))
        .filter((group) => group.length > 0);
    }
    return { failed: failed.toSorted((a, b) => a - b) };
  };
}

/** Of a call that failed as a whole nothing is known to be safe; what earlier calls sent is. */
async function lostOf(...[queue, heads, enqueue]: [...Parameters<Enqueue>, Enqueue]): Promise<Set<number>> {
  try {
    return new Set((await enqueue(queue, heads)).failed);
  } catch {
    return new Set(heads.keys());
  }
}
