import type { Telemetry } from '../../core/metrics.ts';
import { redactError } from '../../core/redact.ts';
import { DEFAULT_TERMS, type TermsOf } from '../../core/terms.ts';

export interface TermsDeps {
  /** What the topics of a tenant say of urgency and retention, by a catalog of at most 10 s. */
  readonly termsOf: (tenant: string) => Promise<TermsOf>;
  readonly telemetry: Telemetry;
}

/**
 * The terms on which a tenant's events are taken. Topics that cannot be read refuse no event: it is as urgent as its
 * severity says, and kept as long as any.
 */
export async function termsFor(tenant: string, { termsOf, telemetry }: TermsDeps): Promise<TermsOf> {
  try {
    return await termsOf(tenant);
  } catch (error) {
    telemetry.log('warn', 'settings of topics cannot be read', { tenant, error: redactError(error) });
    return DEFAULT_TERMS;
  }
}
