import {
  type ClaimWrite,
  type CompletionWrite,
  type DeliveryRef,
  type Recorded,
  refText,
} from '../core/claim.ts';
import type { KeptUntil } from '../core/retention.ts';
import type { Written } from '../core/written.ts';
import { type Key, keys } from '../core/keys.ts';
import { claimOf, completionOf } from './attributes.ts';
import { type EventRef, keepEvents } from './event-life.ts';
import { type Statement, type Table, execute, getItems, insert, keyText, putIf, update } from './table.ts';

export function createClaims(table: Table) {
  return {
    /** Makes claims, 25 a call. At most one write per delivery may be passed. */
    claim: (writes: readonly ClaimWrite[]): Promise<Written[]> =>
      execute(
        table,
        writes.map((write) => claimStatement(table, write)),
      ),

    /** Reads claims and the completions they point to. Absent deliveries are absent from the map. */
    read: async (refs: readonly DeliveryRef[]): Promise<Map<string, Recorded>> => {
      const items = await getItems(table, refs.map(claimKey));
      const claims = refs.flatMap((ref) => {
        const item = items.get(keyText(claimKey(ref)));
        if (item === undefined) return [];
        const claim = claimOf(item);
        return [{ ref, claim, pointer: keys.completion(ref.tenant, claim.owner, claim.k) }];
      });
      const sending = claims.filter(({ claim }) => claim.state === 'sending');
      const completions = await getItems(
        table,
        sending.map(({ pointer }) => pointer),
      );
      return new Map(
        claims.map(({ ref, claim, pointer }) => {
          const item = completions.get(keyText(pointer));
          return [refText(ref), { claim, completion: item && completionOf(item) }];
        }),
      );
    },

    /**
     * Writes a completion record. A failed condition is success: a record that covers as much or more is
     * there already, and an older flush that lands late must not undo it.
     */
    complete: async ({ tenant, owner, k, completion, ttl }: CompletionWrite): Promise<void> => {
      const item = { ...keys.completion(tenant, owner, k), ...completion, ttl };
      await putIf(table, item, 'attribute_not_exists(n) OR n < :n', { ':n': completion.n });
    },

    /** Marks events before one of their deliveries dies, so that a reminder is not taken for a repeat. */
    markDead: (events: readonly EventRef[], until: KeptUntil): Promise<Written[]> =>
      keepEvents(table, events, until, { hasDead: true }),
  };
}

export function claimKey({ tenant, event, destination }: DeliveryRef): Key {
  return keys.claim(tenant, event, destination);
}

function claimStatement(table: Table, write: ClaimWrite): Statement {
  const { ref, own } = write;
  const key = claimKey(ref);
  if (write.kind === 'insert') return insert(table, { ...key, ...own, takeovers: 0, state: 'sending' });
  const { set, where } = transition(write);
  return update(table, key, { ...own, state: 'sending', ...set }, where, 'dueAt');
}

/** What a claim of an existing item changes, and under which condition. */
function transition(write: Exclude<ClaimWrite, { kind: 'insert' }>) {
  if (write.kind === 'advance')
    return { set: {}, where: { state: 'retrying', attempt: write.own.attempt - 1 } };
  const { owner, attempt, leaseUntil, takeovers, ttl } = write.seen;
  return write.kind === 'takeOver'
    ? { set: { takeovers: takeovers + 1 }, where: { state: 'sending', owner, attempt, leaseUntil } }
    : { set: { takeovers: 0 }, where: { owner, ttl } };
}
