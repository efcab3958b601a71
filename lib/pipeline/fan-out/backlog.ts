import { CLOSED_MS, LOOK_MS, backlogOf } from '../../core/admission.ts';
import type { EventPack } from '../../core/message.ts';
import type { Telemetry } from '../../core/metrics.ts';
import type { ScopeId, ScopeState } from '../../core/scope.ts';
import { toError } from '../each.ts';
import type { Read } from '../read.ts';

export interface BacklogDeps {
  readonly limits: {
    readonly recall: (scope: ScopeId) => ScopeState;
    readonly push: (scope: ScopeId, untilMs: number) => Promise<void>;
  };
  /** Normal events older than this are a backlog. */
  readonly maxAgeMs: number;
  readonly telemetry: Telemetry;
  readonly now: () => number;
}

/** Tells ingest whose normal events have waited too long. That it cannot be told is no reason to wait longer. */
export async function reportBacklog(packs: readonly Read<EventPack>[], deps: BacklogDeps): Promise<void> {
  const nowMs = deps.now();
  const late = packs.filter((read) => nowMs - sentAt(read, nowMs) > deps.maxAgeMs);
  const scopes = [...new Set(late.map(({ message }) => message.tenant))].map(backlogOf);
  const unsaid = scopes.filter((scope) => (deps.limits.recall(scope).tat ?? 0) < nowMs + CLOSED_MS - LOOK_MS);
  try {
    await Promise.all(unsaid.map((scope) => deps.limits.push(scope, nowMs + CLOSED_MS)));
  } catch (error) {
    deps.telemetry.log('warn', 'backlog cannot be reported', { error: toError(error) });
  }
}

/** A message that failed before, or waited for its time, is old by itself and says nothing of the queue; urgent events never wait. */
function sentAt({ record: { attributes = {} }, message }: Read<EventPack>, nowMs: number): number {
  const isFirst = attributes['ApproximateReceiveCount'] === '1';
  const sent = Number(attributes['SentTimestamp']);
  const [first] = message.items;
  const counts = isFirst && sent > 0 && first?.lane === 'normal' && first.scheduledAt === undefined;
  return counts ? sent : nowMs;
}
