import { LOOK_MS, backlogOf } from '../../core/admission.ts';
import type { Telemetry } from '../../core/metrics.ts';
import type { ScopeId, ScopeState } from '../../core/scope.ts';
import { toError } from '../each.ts';

export interface AdmissionDeps {
  readonly limits: {
    readonly peek: (scopes: readonly ScopeId[], maxAgeMs: number) => Promise<void>;
    readonly recall: (scope: ScopeId) => ScopeState;
  };
  readonly telemetry: Telemetry;
  readonly now: () => number;
}

/** Seconds until a tenant's normal events are let in again; 0 while they are, and while nobody can say. */
export async function closedFor(tenant: string, { limits, telemetry, now }: AdmissionDeps): Promise<number> {
  const scope = backlogOf(tenant);
  try {
    await limits.peek([scope], LOOK_MS);
  } catch (error) {
    telemetry.log('warn', 'backlog cannot be looked at', { tenant, error: toError(error) });
  }
  const { tat = 0 } = limits.recall(scope);
  return Math.max(0, Math.ceil((tat - now()) / 1_000));
}
