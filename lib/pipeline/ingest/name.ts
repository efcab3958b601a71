import { canonicalHash, derivedId } from '../../core/canonical.ts';
import { MAX_EVENT_BYTES, completeEvent } from '../../core/event-input.ts';
import { writeEvent } from '../../core/event-text.ts';
import { problem } from '../../core/problem.ts';
import type { TermsOf } from '../../core/terms.ts';
import type { IngestDeps, Named, Post, Refused, RequestIdentity } from './work.ts';

const TOO_LARGE = `An event has at most ${MAX_EVENT_BYTES / 1024} KiB.`;

/**
 * Gives every item its id: an alert's identity, the producer's own, one derived from the idempotency key (so
 * that sending again after a crash cannot make a second event), or a new one.
 */
export function name(
  { items }: Post,
  request: RequestIdentity | undefined,
  atMs: number,
  { newId, termsOf }: Pick<IngestDeps, 'newId'> & { readonly termsOf: TermsOf },
): (Named | Refused)[] {
  return items.map((item, index): Named | Refused => {
    if (!item.ok) return { kind: 'refused', problem: item.problem };
    const { draft, alert } = item;
    const given = alert?.identity ?? draft.id;
    const id = given ?? (request ? idOf(request, index) : newId());
    const { event, text } = writeEvent(completeEvent(draft, id, atMs, termsOf));
    if (isTooLarge(text)) {
      return { kind: 'refused', problem: problem('payload-too-large', TOO_LARGE) };
    }
    return {
      kind: 'named',
      event,
      text,
      // An alert is what its identity says: two servers tell it in words of their own.
      hash: alert?.identity ?? canonicalHash(draft),
      alert,
      isNew: given === undefined && !request?.isReplay,
      isContested: alert === undefined && (given !== undefined || request !== undefined),
    };
  });
}

/** A character takes at most three bytes: what is far from the limit need not be counted. */
function isTooLarge(text: string): boolean {
  return 3 * text.length > MAX_EVENT_BYTES && Buffer.byteLength(text) > MAX_EVENT_BYTES;
}

/** The same for every copy of a post, and another one for the next post that uses the key. */
function idOf({ key, generation }: RequestIdentity, index: number): string {
  return derivedId('ik', key, String(generation), String(index));
}
