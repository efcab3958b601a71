import type { Claim, DeliveryRef } from '../core/claim.ts';
import type { DeadReason } from '../core/delivery.ts';
import type { Incident } from '../core/incident.ts';
import { type DeliveryMode, modeOnRecord } from '../core/mode.ts';
import type { Notification } from '../core/notification.ts';
import type { KeptUntil } from '../core/retention.ts';
import type { Written } from '../core/written.ts';
import { claimKey } from './claims.ts';
import { openAttributes } from './outcomes.ts';
import { type Statement, type Table, execute, insert, update } from './table.ts';

/** A delivery that is given up outside of an attempt. */
export interface Burial {
  readonly ref: DeliveryRef;
  readonly reason: DeadReason;
  readonly attempt: number;
  readonly channel: string;
  readonly since: number;
  readonly content?: Notification | undefined;
  /** Of its topic, for another round; absent: as it is on record. */
  readonly mode?: DeliveryMode | undefined;
  readonly retentionDays?: number | undefined;
  /** Absent: as it is on record. */
  readonly incident?: Incident | undefined;
  /** The claim as it was read; absent: there is none, and there must still be none. */
  readonly seen?: Claim | undefined;
}

export function createDead(table: Table, { now }: { readonly now: () => number }) {
  /** Writes `dead` where nothing has changed since it was read. */
  return (burials: readonly Burial[], until: KeptUntil): Promise<Written[]> =>
    execute(
      table,
      burials.map((burial) => statement(table, burial, now(), until(burial.retentionDays))),
    );
}

function statement(table: Table, burial: Burial, nowMs: number, ttl: number): Statement {
  const { ref, reason, attempt, channel, since, content, mode, incident, seen } = burial;
  const item = {
    state: 'dead',
    reason,
    attempt,
    takeovers: 0,
    channel,
    since,
    changedAt: nowMs,
    content: content && JSON.stringify(content),
    mode: modeOnRecord(mode),
    retentionDays: burial.retentionDays,
    incident,
    ttl,
    ...openAttributes(ref, nowMs),
  };
  if (!seen) return insert(table, { ...claimKey(ref), owner: '-', k: 0, i: 0, leaseUntil: 0, ...item });
  const { owner, state, leaseUntil } = seen;
  return update(table, claimKey(ref), item, { owner, state, attempt: seen.attempt, leaseUntil }, 'dueAt');
}
