import { ProblemError } from '../../lib/core/problem.ts';
import type { Post, Receipts } from '../../lib/pipeline/ingest.ts';
import type { LambdaFunction } from './lambda.ts';
import type { Outside } from './process.ts';
import type { PlannedPost } from './scenario.ts';

/** An event that a producer was answered 202 for. */
export interface Accepted {
  readonly tenant: string;
  readonly event: string;
}

const IMPATIENCE_MS = 30_000;

/** Systems that post, and post again until they are answered. */
export function createProducers(ingest: LambdaFunction<Post, Receipts>, outside: Outside) {
  const { world, random, faults, tell } = outside;
  const accepted: Accepted[] = [];
  let open = 0;

  async function post(one: Post, name: string): Promise<void> {
    const ended = await ingest.invoke(one);
    const again = (why: string): void => {
      tell(name, `posts again: ${why}`);
      world.at(world.now() + random.between(200, IMPATIENCE_MS / 10), () => void post(one, name));
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
      ...receipts.flatMap((receipt) =>
        receipt.kind === 'accepted' || receipt.kind === 'duplicate'
          ? [{ tenant: one.tenant, event: receipt.id }]
          : [],
      ),
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
