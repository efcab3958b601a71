import { canonicalHash, derivedId } from '../../core/canonical.ts';
import { MAX_EVENT_BYTES, completeEvent } from '../../core/event-input.ts';
import { problem } from '../../core/problem.ts';
import type { IngestDeps, Named, Post, Refused, RequestIdentity } from './work.ts';

const TOO_LARGE = `An event has at most ${MAX_EVENT_BYTES / 1024} KiB.`;

/**
 * Gives every item its id: an alert's identity, the producer's own, one derived from the idempotency key (so
 * that sending again after a crash cannot make a second event), or a new one.
 */
export function name(post: Post, atMs: number, deps: IngestDeps): (Named | Refused)[] {
  return post.items.map((item, index): Named | Refused => {
    if (!item.ok) return { kind: 'refused', problem: item.problem };
    const { draft, alert } = item;
    const derived = post.idempotencyKey && derivedId('ik', post.idempotencyKey, String(index));
    const id = alert?.identity ?? draft.id ?? derived;
    const event = completeEvent(draft, id || deps.newId(), atMs);
    if (Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) {
      return { kind: 'refused', problem: problem('payload-too-large', TOO_LARGE) };
    }
    return { kind: 'named', event, hash: canonicalHash(draft), alert, isNew: !id };
  });
}

/** What the idempotency key stands for; `undefined` without one. */
export function identify({ idempotencyKey, items }: Post): RequestIdentity | undefined {
  if (idempotencyKey === undefined) return undefined;
  const content = items.map((item) => (item.ok ? item.draft : item.problem));
  return { key: derivedId('rq', idempotencyKey), hash: canonicalHash(content) };
}
