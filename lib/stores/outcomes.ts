import { deliveryId } from '../core/delivery.ts';
import { dueAtOf } from '../core/due-entry.ts';
import { dueKey, keys, lotKey, openKey } from '../core/keys.ts';
import type { DeliveryRef } from '../core/claim.ts';
import { modeOnRecord } from '../core/mode.ts';
import type { AttemptRecord, OutcomeWrite } from '../core/outcome-write.ts';
import type { KeptUntil } from '../core/retention.ts';
import type { Written } from '../core/written.ts';
import { claimKey } from './claims.ts';
import { type Statement, type Table, execute, insert, update } from './table.ts';

const DETAIL_BYTES = 4096;

export function createOutcomes(table: Table, { now }: { readonly now: () => number }) {
  return {
    /** Writes outcomes, each under the fence. `conflict`: another owner has taken over, and decides. */
    write: (writes: readonly OutcomeWrite[], until: KeptUntil): Promise<Written[]> =>
      execute(
        table,
        writes.map((write) => outcomeStatement(table, write, now(), until(write.retentionDays))),
      ),

    /** Writes attempt records; one that is there already stays as it is. */
    log: (attempts: readonly AttemptRecord[], until: KeptUntil): Promise<Written[]> =>
      execute(
        table,
        attempts.map((attempt) => attemptStatement(table, attempt, until(attempt.retentionDays))),
      ),
  };
}

/** Attributes that list a delivery among what is not delivered: its tenant's shard, newest change last. */
export function openAttributes(
  ref: DeliveryRef,
  atMs: number,
): { readonly open: string; readonly openAt: string } {
  const id = deliveryId(ref.event, ref.destination);
  return { open: openKey(ref.tenant, id), openAt: `${String(atMs).padStart(15, '0')}#${id}` };
}

/** Attributes that put a delivery into the timers' hands at a time. */
export function dueAttributes(
  ref: DeliveryRef,
  atMs: number,
): { readonly due: string; readonly dueAt: string } {
  const id = deliveryId(ref.event, ref.destination);
  return {
    due: dueKey(ref.tenant, id, atMs),
    dueAt: dueAtOf(ref.tenant, id, atMs),
  };
}

/** Attributes that put a delivery into the lot of its destination. */
function lotAttributes(ref: DeliveryRef, atMs: number): { readonly due: string; readonly dueAt: string } {
  const id = deliveryId(ref.event, ref.destination);
  return { ...dueAttributes(ref, atMs), due: lotKey(ref.tenant, ref.destination, id) };
}

function outcomeStatement(table: Table, write: OutcomeWrite, nowMs: number, ttl: number): Statement {
  const { ref, owner, state, attempt, reason, channel, since, nextAtMs, content, mode, expiresAtMs } = write;
  const fence = { owner, state: 'sending' };
  const common = { state, attempt, takeovers: 0, changedAt: nowMs, channel, since, ttl };
  if (state === 'delivered') {
    const { providerId, among } = write;
    return update(table, claimKey(ref), { ...common, providerId, among }, fence, 'open');
  }
  const set = {
    ...common,
    reason,
    cause: write.cause,
    mode: modeOnRecord(mode),
    retentionDays: write.retentionDays,
    lane: write.lane === 'urgent' ? write.lane : undefined,
    expiresAtMs,
    keyUntilMs: write.keyUntilMs,
    incident: write.incident,
    nextAt: nextAtMs,
    content: content && JSON.stringify(content),
    ...openAttributes(ref, nowMs),
    ...(write.due && nextAtMs !== undefined ? dueAttributes(ref, nextAtMs) : {}),
    ...(write.parked ? lotAttributes(ref, nowMs) : {}),
  };
  return write.unclaimed
    ? insert(table, { ...claimKey(ref), owner, k: 0, i: 0, leaseUntil: 0, ...set })
    : update(table, claimKey(ref), set, fence);
}

function attemptStatement(table: Table, attempt: AttemptRecord, ttl: number): Statement {
  const { ref, n, owner, atMs, outcome, reason, status, ms, detail } = attempt;
  return insert(table, {
    ...keys.attempt(ref.tenant, ref.event, ref.destination, n, owner),
    n,
    at: atMs,
    outcome,
    reason,
    status,
    ms,
    detail: detail && cut(detail, DETAIL_BYTES),
    ttl,
  });
}

function cut(text: string, bytes: number): string {
  const buffer = Buffer.from(text);
  return buffer.length <= bytes
    ? text
    : buffer
        .subarray(0, bytes)
        .toString('utf8')
        .replace(/\uFFFD+$/, '');
}
