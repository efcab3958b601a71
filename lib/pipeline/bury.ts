import type { Claim, DeliveryRef } from '../core/claim.ts';
import type { DeadReason } from '../core/delivery.ts';
import type { Incident } from '../core/incident.ts';
import type { Telemetry } from '../core/metrics.ts';
import type { DeliveryMode } from '../core/mode.ts';
import type { Notification } from '../core/notification.ts';
import type { AttemptRecord } from '../core/outcome-write.ts';
import { type KeptUntil, type Retained, retentionOf } from '../core/retention.ts';
import type { Written } from '../core/written.ts';
import { crashOf } from './deliver/claim.ts';

/** A delivery to be given up. */
export interface BurialPlan {
  readonly ref: DeliveryRef;
  readonly reason: DeadReason;
  readonly attempt: number;
  readonly channel: string;
  readonly since: number;
  readonly content?: Notification | undefined;
  /** Of its topic, for another round; absent: as it is on record. */
  readonly mode?: DeliveryMode | undefined;
  /** Absent: as it is on record. */
  readonly incident?: Incident | undefined;
  readonly retentionDays?: number | undefined;
  readonly seen?: Claim | undefined;
  /** Its topic takes no claims: it may have been sent, or be under way still, and nobody knows. */
  readonly untold?: boolean;
}

export interface BuryDeps {
  readonly bury: (burials: readonly BurialPlan[], until: KeptUntil) => Promise<readonly Written[]>;
  /** Marks events as having a dead delivery, and keeps them as long as that. */
  readonly markDead: (
    events: readonly (Pick<DeliveryRef, 'tenant' | 'event'> & Retained)[],
    until: KeptUntil,
  ) => Promise<readonly Written[]>;
  readonly logAttempts: (attempts: readonly AttemptRecord[], until: KeptUntil) => Promise<readonly Written[]>;
  readonly ttl: KeptUntil;
  readonly telemetry: Telemetry;
}

/**
 * Writes deliveries `dead` that no attempt can end; whether that is on record for all. `orTaken`: one that
 * somebody else changed meanwhile is in good hands.
 */
export async function bury(plans: readonly BurialPlan[], deps: BuryDeps, orTaken = false): Promise<boolean> {
  if (plans.length === 0) return true;
  if (!(await logDoubts(plans, deps))) return false;
  const events = new Map(
    plans.map((plan) => [`${plan.ref.tenant}#${plan.ref.event}`, { ...plan.ref, ...retentionOf(plan) }]),
  );
  const marked = await deps.markDead([...events.values()], deps.ttl);
  if (marked.some(({ kind }) => kind === 'unknown')) return false;
  const written = await deps.bury(plans, deps.ttl);
  plans.forEach(({ ref, channel, reason }, index) => {
    if (written[index]?.kind !== 'written') return;
    deps.telemetry.add('Dead', 1, channel);
    deps.telemetry.log('error', 'delivery given up', { ...ref, channel, outcome: 'dead', reason });
  });
  return written.every(({ kind }) => kind === 'written' || (orTaken && kind === 'conflict'));
}

/** Whether it is on record of every delivery that may have reached its provider: who replays it later has to know. */
async function logDoubts(plans: readonly BurialPlan[], deps: BuryDeps): Promise<boolean> {
  const doubts = plans.flatMap(doubtOf);
  const written = doubts.length === 0 ? [] : await deps.logAttempts(doubts, deps.ttl);
  return written.every(({ kind }) => kind !== 'unknown');
}

function doubtOf(plan: BurialPlan): AttemptRecord[] {
  const { ref, seen, since, untold } = plan;
  if (seen?.state === 'sending') return [crashOf(ref, seen, plan)];
  if (!untold) return [];
  const detail = 'it may have been sent: first attempts of its topic are not recorded';
  const kept = retentionOf(plan);
  return [{ ref, n: 1, owner: '-', atMs: since, outcome: 'maybe', reason: 'crashed', detail, ...kept }];
}
