import type { Target } from '../../channel.ts';
import {
  type IncidentRef,
  type Turn,
  type TurnEnd,
  type TurnJudgement,
  messageToChange,
} from '../../core/incident.ts';
import type { Telemetry } from '../../core/metrics.ts';
import type { KeptUntil } from '../../core/retention.ts';
import type { Verdict } from '../../core/verdict.ts';
import { toError } from '../each.ts';
import type { Attempted } from './send.ts';
import type { Claimed } from './work.ts';

export interface TurnDeps {
  readonly incidents: {
    /** Throws when nobody knows whose turn it is. */
    readonly take: (ref: IncidentRef, turn: Turn, ttl: number) => Promise<TurnJudgement>;
    readonly leave: (ref: IncidentRef, takenBy: string, end: TurnEnd, ttl: number) => Promise<void>;
  };
  /** Id of this batch. */
  readonly owner: string;
  /** Function timeout + 5 s: no invocation outlives its own turns. */
  readonly leaseMs: number;
  readonly ttl: KeptUntil;
  readonly now: () => number;
  readonly random: () => number;
  readonly telemetry: Telemetry;
}

/** What a delivery may do about its incident. */
type MyTurn =
  | { readonly ok: true; readonly held?: HeldTurn }
  | { readonly ok: false; readonly verdict: Verdict };

/** A turn that is ours, to be left when the attempt is over. */
export interface HeldTurn {
  readonly ref: IncidentRef;
  readonly takenBy: string;
  /** The message to change; absent: a new one is sent. */
  readonly providerId?: string | undefined;
}

const SUPERSEDED = { kind: 'discarded', reason: 'superseded' } as const;
/** Whoever has the turn is done within seconds, unless it fell silent. */
const SOON_MS = 2_000;
const SILENT_MS = 10_000;

/**
 * Takes the turn of the incident that a delivery tells of, where it matters: where its message can be changed, or where
 * an old one would undo a newer one. Others pay nothing for it.
 */
export async function takeTurn(work: Claimed, deps: TurnDeps): Promise<MyTurn> {
  const { incident, target, ref, delivery } = work;
  if (!incident || !target || !takesTurns(target)) return { ok: true };
  const { tenant, event, destination } = ref;
  const of = { tenant, destination, incident };
  const takenBy = `${deps.owner}#${event}`;
  const turn = { takenBy, seq: incident.seq, untilMs: deps.now() + deps.leaseMs };
  const judgement = await orBusy(() => deps.incidents.take(of, turn, deps.ttl()), deps);
  if (judgement.kind === 'superseded') return { ok: false, verdict: SUPERSEDED };
  if (judgement.kind === 'busy') return { ok: false, verdict: comeBack(judgement.untilMs, deps) };
  const isEnd = delivery.notification.status === 'resolved';
  const providerId = messageToChange(judgement.told, { place: target.edit?.place, isEnd });
  return { ok: true, held: { ref: of, takenBy, providerId } };
}

/** Its message of an incident can be changed, or an old one would undo a newer one. */
export function takesTurns({ edit, channel }: Target): boolean {
  return edit !== undefined || channel.newestOnly;
}

async function orBusy(take: () => Promise<TurnJudgement>, deps: TurnDeps): Promise<TurnJudgement> {
  try {
    return await take();
  } catch (error) {
    deps.telemetry.log('error', 'the turn of an incident is not known', { error: toError(error) });
    return { kind: 'busy', untilMs: deps.now() + deps.leaseMs };
  }
}

/** As attempt n; after a moment, or when the turn lapses of somebody who has had it for long. */
function comeBack(untilMs: number, { now, random, leaseMs }: TurnDeps): Verdict {
  const nowMs = now();
  const isSilent = nowMs - (untilMs - leaseMs) > SILENT_MS;
  const atMs = isSilent ? untilMs : nowMs + Math.round(SOON_MS * (0.5 + random()));
  return { kind: 'again', reason: 'noTurn', atMs };
}

/** Leaves a turn, with what the attempt came to. Where that cannot be written it lapses, and counts as told. */
export async function leaveTurn({ ref, takenBy, providerId }: HeldTurn, attempt: Attempted, deps: TurnDeps) {
  try {
    await deps.incidents.leave(ref, takenBy, endOf(attempt, ref.incident.seq, providerId), deps.ttl());
  } catch (error) {
    deps.telemetry.log('warn', 'the turn of an incident lapses', { error: toError(error) });
  }
}

function endOf({ work, verdict, outcome }: Attempted, seq: number, known: string | undefined): TurnEnd {
  if (verdict.kind === 'again' && verdict.reason === 'messageLost') return { kind: 'lost' };
  if (outcome?.kind !== 'delivered' && outcome?.kind !== 'maybe') return { kind: 'untold' };
  const providerId = (outcome.kind === 'delivered' ? outcome.providerId : undefined) ?? known;
  const place = work.target?.edit?.place;
  const message = providerId !== undefined && place !== undefined ? { providerId, place } : undefined;
  return { kind: 'told', seq, message, ended: work.delivery.notification.status === 'resolved' };
}
