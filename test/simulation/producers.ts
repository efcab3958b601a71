import { ProblemError } from '../../lib/core/problem.ts';
import type { Post, Receipts } from '../../lib/pipeline/ingest.ts';
import type { LambdaFunction } from './lambda.ts';
import type { Outside } from './process.ts';
import type { PlannedPost } from './scenario.ts';

/** An event that a producer was answered 202 for. */
export interface Accepted {
  readonly tenant: string;
  readonly event: string;
  readonly topic: string;
  /** What it is to stay in order with. */
  readonly key: unknown;
  /** Nobody may hear of it earlier. */
  readonly scheduledAt: string | undefined;
  /** Which post it was in, when that was first sent under this id, and when it was answered. */
  readonly post: string;
  readonly index: number;
  readonly begunMs: number;
  readonly answeredMs: number;
}

/** Waits before a post goes out again: twice as long each time. */
const FIRST_WAIT_MS = 1_500;
const LONGEST_WAIT_MS = 20_000;

/** Systems that post, and post again until they are answered. */
export function createProducers(ingest: LambdaFunction<Post, Receipts>, outside: Outside) {
  const { world, random, faults, tell } = outside;
  const accepted: Accepted[] = [];
  let open = 0;

  async function post(one: Post, name: string, firstMs = world.now(), waitMs = FIRST_WAIT_MS): Promise<void> {
    const begunMs = isNamed(one) ? firstMs : world.now();
    const ended = await ingest.invoke(one);
    const again = (why: string): void => {
      tell(name, `posts again: ${why}`);
      const longer = Math.min(2 * waitMs, LONGEST_WAIT_MS);
      world.at(world.now() + random.between(200, 2 * waitMs), () => void post(one, name, firstMs, longer));
    };
    if (ended.kind === 'died') return again('no answer');
    if (random.chance(faults().lostReply)) return again('the answer was lost');
    if (ended.kind === 'threw') {
      if (ended.error instanceof ProblemError && ended.error.problem.slug === 'unavailable')
        return again('503');
      throw ended.error;
    }
    const { receipts } = ended.value;
    accepted.push(
      ...receipts.flatMap((receipt, index): Accepted[] => {
        const item = one.items[index];
        if (!item?.ok || (receipt.kind !== 'accepted' && receipt.kind !== 'duplicate')) return [];
        const { topic, data, scheduledAt } = item.draft;
        const times = { begunMs, answeredMs: world.now() };
        return [
          {
            tenant: one.tenant,
            event: receipt.id,
            topic,
            key: data['key'],
            scheduledAt,
            post: name,
            index,
            ...times,
          },
        ];
      }),
    );
    if (receipts.some((receipt) => receipt.kind === 'refused')) return again('not all were taken');
    open--;
  }

  return {
    accepted,
    /** Posts that are not answered in full. */
    open: (): number => open,
    plan(tenant: string, posts: readonly PlannedPost[], startMs: number): void {
      posts.forEach(({ atMs, post: one }, index) => {
        open++;
        world.at(startMs + atMs, () => void post(one, `${tenant}-post-${index}`));
      });
    },
  };
}

/** Events that have the same ids however often they are posted. */
export function isNamed({ idempotencyKey, items }: Post): boolean {
  return idempotencyKey !== undefined || items.every((item) => item.ok && item.draft.id !== undefined);
}
