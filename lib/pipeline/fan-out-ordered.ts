import type { QueueRecord } from '../core/message.ts';
import { type FanOutDeps, fanOut } from './fan-out.ts';
import { groupsOf } from './ordered/groups.ts';

/**
 * The fan-out of ordered topics: of each group one pack after the other, and none after one that must come again.
 * Answers the ids of messages that must come again.
 */
export async function fanOutOrdered(records: readonly QueueRecord[], deps: FanOutDeps): Promise<string[]> {
  const undone: QueueRecord[] = [];
  let open = groupsOf(records);
  while (open.length > 0) {
    const failed = new Set(
      await fanOut(
        open.map(([first]) => first!),
        deps,
      ),
    );
    const isStuck = ([first]: readonly QueueRecord[]): boolean => failed.has(first!.messageId);
    undone.push(...open.filter(isStuck).flat());
    open = open
      .filter((group) => !isStuck(group))
      .map((group) => group.slice(1))
      .filter((group) => group.length > 0);
  }
  return undone.map(({ messageId }) => messageId);
}
