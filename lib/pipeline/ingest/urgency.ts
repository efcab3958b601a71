import type { Telemetry } from '../../core/metrics.ts';
import { redactError } from '../../core/redact.ts';
import { BY_SEVERITY, type UrgencyOf } from '../../core/urgency.ts';

export interface UrgencyDeps {
  /** What the topics of a tenant say of urgency, by a catalog of at most 10 s. */
  readonly urgencyOf: (tenant: string) => Promise<UrgencyOf>;
  readonly telemetry: Telemetry;
}

/** How urgent a tenant's events are. Topics that cannot be read refuse no event: it is as urgent as its severity says. */
export async function urgencyFor(tenant: string, { urgencyOf, telemetry }: UrgencyDeps): Promise<UrgencyOf> {
  try {
    return await urgencyOf(tenant);
  } catch (error) {
    telemetry.log('warn', 'lanes of topics cannot be read', { tenant, error: redactError(error) });
    return BY_SEVERITY;
  }
}
