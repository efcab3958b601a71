import { INBOX } from '../core/destination-id.ts';
import type { InboxEnd, InboxWrite, Refilled } from '../core/inbox.ts';
import { keys } from '../core/keys.ts';
import type { KeptUntil } from '../core/retention.ts';
import type { Written } from '../core/written.ts';
import { claimKey } from './claims.ts';
import { writeLasting } from './event-life.ts';
import { type Table, execute, insert, update } from './table.ts';

/** What comes into inboxes, and what becomes of the deliveries that bring it. */
export function createInboxWrites(table: Table, { now }: { readonly now: () => number }) {
  return {
    /** Puts messages into inboxes; one that is there already stays as it is, read or not. */
    put: (writes: readonly InboxWrite[], until: KeptUntil): Promise<Written[]> =>
      execute(
        table,
        writes.map(({ ref, person, item: { id, ...rest }, retentionDays }) => {
          const item = { body: JSON.stringify(rest), ttl: until(retentionDays) };
          return insert(table, { ...keys.inboxItem(ref.tenant, person, id), ...item });
        }),
      ),

    /** Records what became of deliveries; what is on record stays. */
    end: (ended: readonly InboxEnd[], until: KeptUntil): Promise<Written[]> =>
      execute(
        table,
        ended.map(({ ref, state, reason, since, retentionDays }) =>
          insert(table, {
            ...claimKey(ref),
            owner: '-',
            k: 0,
            i: 0,
            attempt: 1,
            takeovers: 0,
            leaseUntil: 0,
            state,
            reason,
            channel: INBOX,
            since,
            changedAt: now(),
            ttl: until(retentionDays),
          }),
        ),
      ),

    /** Says of dead deliveries that their messages are there now. `conflict`: one is no longer as it was read. */
    revive(refilled: readonly Refilled[], until: KeptUntil): Promise<Written[]> {
      const writes = refilled.map(({ ref, changedAt, retentionDays }) => {
        const ttl = until(retentionDays);
        const set = { state: 'delivered', attempt: 1, channel: INBOX, changedAt: now(), ttl };
        const statement = update(table, claimKey(ref), set, { state: 'dead', changedAt }, 'open');
        return { ref: { ...ref, retentionDays }, statement };
      });
      return writeLasting(table, writes, until);
    },
  };
}
