import { canonicalHash, derivedId } from '../../core/canonical.ts';
import { REQUEST_WINDOW_MS } from '../../core/event-record.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import { UNREADABLE } from './look-up.ts';
import { orUnavailable } from './or-unavailable.ts';
import type { IngestDeps, Post, RequestIdentity } from './work.ts';

/**
 * What the idempotency key of a post stands for; `undefined` without one. A day after it was used it stands for
 * nothing: what comes then is new, and gets ids of its own, since those of the first post are known for longer.
 * @throws ProblemError `idempotency-mismatch` when the key was used for another body, `unavailable` when the
 * table cannot be read.
 */
export async function recall(
  { tenant, idempotencyKey, items }: Post,
  atMs: number,
  deps: IngestDeps,
): Promise<RequestIdentity | undefined> {
  if (idempotencyKey === undefined) return undefined;
  const key = derivedId('rq', idempotencyKey);
  const hash = canonicalHash(items.map((item) => (item.ok ? item.draft : item.problem)));
  const known = await orUnavailable(() => deps.records.request(tenant, key), UNREADABLE, deps, { tenant });
  if (!known) return { key, hash, generation: 0, isReplay: false };
  const { generation, at, ttl } = known;
  if (atMs - at >= REQUEST_WINDOW_MS)
    return { key, hash, generation: generation + 1, isReplay: false, replaces: ttl };
  if (known.hash === hash) return { key, hash, generation, isReplay: true };
  throw new ProblemError(problem('idempotency-mismatch', 'This idempotency key was used for another body.'));
}
