import { canonicalJson, derivedId } from './canonical.ts';
import { DIGEST_TOPIC } from './digest.ts';
import type { Event } from './event.ts';
import { happenedMs } from './incident.ts';
import { isoTime } from './iso-time.ts';
import { REPEAT_INTERVAL_MS, isLaterReminder } from './repeat.ts';

/** Whom to tell next, as long as nobody has acknowledged an incident. */
export interface Escalation {
  readonly steps: readonly EscalationStep[];
  /** So often the steps begin anew after the last; absent: never. */
  readonly repeat?: number;
}

export interface EscalationStep {
  /** After the step before, or after the event. */
  readonly afterMs: number;
  readonly destinations: readonly string[];
}

/** What the event of a step carries along. */
export interface Escalates {
  /** Id of the event that opened the incident. */
  readonly opener: string;
  readonly incident: string;
  readonly route: string;
  /** From 0. */
  readonly step: number;
  readonly round: number;
}

/** What is on record of an incident that is escalated. */
export interface EscalationState {
  /** `over`: it was resolved. */
  readonly state: 'open' | 'acknowledged' | 'over';
  /** Id of the event that opened it. */
  readonly opener: string;
  /** When the last of what it is about began, epoch ms. */
  readonly began?: number;
  /** When that was told, epoch ms: what is told again later is no copy of it. */
  readonly raised?: number;
  /** When it was resolved, epoch ms. */
  readonly resolvedAt?: number;
  readonly by?: string;
  /** All steps were taken: it may begin anew. */
  readonly spent?: true;
  /** Whom steps have told: they hear of its end, too. */
  readonly told?: readonly string[];
  /** How often that was noted: of two who note at a time one notes again. */
  readonly notes?: number;
  /** When this was written, epoch ms. */
  readonly at: number;
  /** Epoch seconds. */
  readonly ttl: number;
}

/** What an event means for the incident it belongs to. */
export type Move =
  /** It opens it, or has opened it in an earlier run. */
  | { readonly kind: 'open'; readonly replaces: EscalationState | undefined }
  | { readonly kind: 'opened' }
  /** It goes on with something newer, which only a later end can end. */
  | { readonly kind: 'again'; readonly replaces: EscalationState }
  /** It ends it, or has ended it in an earlier run. */
  | { readonly kind: 'end'; readonly replaces: EscalationState | undefined }
  | { readonly kind: 'ended' }
  | { readonly kind: 'none' };

/** A move to be written down. */
export interface EscalationMove {
  readonly incident: string;
  readonly move: Extract<Move, { readonly replaces: unknown }>;
  /** Id of the event that makes it. */
  readonly event: string;
  /** When that happened, and when it was told, epoch ms. */
  readonly atMs: number;
  readonly raisedMs: number;
}

const NONE = { kind: 'none' } as const;

type Identified = Pick<Event, 'id' | 'dedupeKey'> & Partial<Pick<Event, 'topic' | 'data'>>;

/**
 * Events that belong together: those with the same key, and what a route tells of one group, whichever destination
 * hears it; an event without a key is an incident of its own.
 */
export function incidentOf({ id, dedupeKey, topic, data = {} }: Identified): string {
  if (topic === DIGEST_TOPIC && data['kind'] === 'group')
    return groupIncident(String(data['rule']), data['group'] ?? {});
  return dedupeKey === undefined ? id : derivedId('in', dedupeKey);
}

/** The incident of a group of a route, by what its events have in common. */
export function groupIncident(rule: string, values: unknown): string {
  return derivedId('ig', rule, canonicalJson(values));
}

export function isEnd({ data }: Pick<Event, 'data'>): boolean {
  return data['status'] === 'resolved';
}

/**
 * An incident is opened once, however often its alert is repeated, and stays acknowledged until it is resolved. What
 * happened before its end is late news and does not open it again, and the end of what was before it does not end it:
 * events come in any order, and again minutes later.
 */
export function moveOf(event: Event, known: EscalationState | undefined, nowMs: number): Move {
  const live = known && known.ttl * 1_000 >= nowMs ? known : undefined;
  const atMs = happenedMs(event, nowMs);
  if (isEnd(event)) {
    const isOver = live?.state === 'over';
    const resolvedAt = isOver ? (live.resolvedAt ?? -Infinity) : -Infinity;
    if (resolvedAt === atMs) return { kind: 'ended' };
    const isLate = resolvedAt > atMs || (live !== undefined && !isOver && (live.began ?? -Infinity) > atMs);
    return isLate ? NONE : { kind: 'end', replaces: known };
  }
  if (!live) return { kind: 'open', replaces: known };
  if (live.opener === event.id) return live.state === 'open' ? { kind: 'opened' } : NONE;
  if (live.state === 'over') {
    const isNew = (live.resolvedAt ?? -Infinity) < atMs || isBack(event, live);
    return isNew ? { kind: 'open', replaces: known } : NONE;
  }
  const { began = -Infinity, raised = -Infinity } = live;
  // A reminder of an alert has the time at which that began, as the event it reminds of.
  const isNews = raised < Date.parse(event.time) || isLaterReminder(event.id, live.opener);
  const isUnheard = live.state === 'open' && live.spent && isNews;
  if (isUnheard && began <= atMs) return { kind: 'open', replaces: known };
  return began < atMs ? { kind: 'again', replaces: live } : NONE;
}

/**
 * Whether an event tells of what its incident is about now. What happened before the last end is over, even where the
 * incident has begun anew since: who takes care of the one does not take care of the other.
 */
export function isOfNow(
  event: Pick<Event, 'data' | 'time' | 'escalates'>,
  state: EscalationState,
  nowMs: number,
): boolean {
  const { resolvedAt = -Infinity, opener } = state;
  return event.escalates?.opener === opener || happenedMs(event, nowMs) > resolvedAt;
}

/**
 * It fires again as what was taken for over, because its source was silent for a while: with the time at which it
 * began, and told long after the end. One of a pair of sources tells the same a little after the other.
 */
function isBack({ id, time }: Event, { opener, at }: EscalationState): boolean {
  return isLaterReminder(id, opener) && Date.parse(time) >= at + REPEAT_INTERVAL_MS;
}

/** As if there was a step before the first, and it had been taken. */
export const BEFORE_FIRST = { step: -1, round: 0 } as const;

/** The step after this one; `undefined`: there is none. */
export function nextStep(
  { steps, repeat = 0 }: Escalation,
  { step, round }: Pick<Escalates, 'step' | 'round'>,
): Pick<Escalates, 'step' | 'round'> | undefined {
  if (step + 1 < steps.length) return { step: step + 1, round };
  return round < repeat ? { step: 0, round: round + 1 } : undefined;
}

export interface PlannedStep {
  readonly route: string;
  /** ISO 8601. */
  readonly at: string;
  readonly destinations: readonly string[];
}

/** Who would be told when, if nobody acknowledged an event of that time, epoch ms. */
export function plannedSteps(route: string, escalation: Escalation, atMs: number): PlannedStep[] {
  const planned: PlannedStep[] = [];
  let dueMs = atMs;
  for (let at = nextStep(escalation, BEFORE_FIRST); at; at = nextStep(escalation, at)) {
    const { afterMs, destinations } = escalation.steps[at.step]!;
    dueMs += afterMs;
    planned.push({ route, at: isoTime(dueMs), destinations });
  }
  return planned;
}

/** The event of a step: the one that opened the incident once more, to others, at its time. */
export function stepEvent(
  event: Event,
  escalates: Escalates,
  { afterMs, destinations }: EscalationStep,
  nowMs: number,
): Event {
  const { opener, incident, route, step, round } = escalates;
  const { expiresAt: _, failsOver: __, ...lasting } = event;
  const time = isoTime(nowMs + afterMs);
  const title = event.data['title'];
  const shown = typeof title === 'string' ? title.replace(PREFIX, '') : event.topic;
  return {
    ...lasting,
    id: derivedId('es', opener, incident, route, String(round), String(step)),
    time,
    scheduledAt: time,
    lane: 'urgent',
    to: [...destinations],
    escalates,
    data: { ...event.data, title: `${PREFIX_TEXT}${shown}` },
  };
}

/** The event that tells those of the end whom steps have told of the incident. */
export function endEvent(
  event: Event,
  {
    opener,
    incident,
    told,
  }: { readonly opener: string; readonly incident: string; readonly told: readonly string[] },
  nowMs: number,
): Event {
  const { expiresAt: _, escalates: __, failsOver: ___, ...lasting } = event;
  const title = event.data['title'];
  return {
    ...lasting,
    id: derivedId('es', opener, incident, 'end', ...told),
    scheduledAt: isoTime(nowMs),
    to: [...told],
    data: {
      ...event.data,
      status: 'resolved',
      ...(typeof title === 'string' && { title: title.replace(PREFIX, 'Over: ') }),
    },
  };
}

const PREFIX_TEXT = 'Not acknowledged: ';
/** A step that another destination hears of in place of the first says so before. */
const PREFIX = /^(?:Not accepted by [^:]+: )?Not acknowledged: /;
