import { type EscalationState, groupIncident, incidentOf, isOfNow } from '../../core/escalation.ts';
import type { Event } from '../../core/event.ts';
import type { Group } from '../../core/group-window.ts';
import { ProblemError, problem } from '../../core/problem.ts';

export interface IncidentDeps {
  readonly escalations: {
    readonly read: (
      tenant: string,
      incidents: readonly string[],
    ) => Promise<ReadonlyMap<string, EscalationState>>;
    readonly acknowledge: (
      tenant: string,
      incident: string,
      by?: string,
    ) => Promise<EscalationState | undefined | 'unknown'>;
  };
  /** The groups that an event is a member of. */
  readonly groupsOf: (tenant: string, event: string) => Promise<readonly Pick<Group, 'rule' | 'values'>[]>;
  readonly now: () => number;
}

/** An incident and what is on record of it. */
export interface KnownIncident {
  readonly incident: string;
  readonly state: EscalationState;
}

/**
 * The incidents of an event that are on record: its own, and those of the groups it is a member of. Its own is over for
 * it where that has begun anew since.
 */
export async function incidentsOf(
  tenant: string,
  event: Event,
  { escalations, groupsOf, now }: IncidentDeps,
): Promise<readonly KnownIncident[]> {
  const groups = event.escalates ? [] : await groupsOf(tenant, event.id);
  const own = event.escalates?.incident ?? incidentOf(event);
  const ids = new Set([own, ...groups.map(({ rule, values }) => groupIncident(rule, values))]);
  const known = await escalations.read(tenant, [...ids]);
  return [...known].map(([incident, state]) => {
    const isPast = incident === own && !isOfNow(event, state, now());
    return { incident, state: isPast ? { ...state, state: 'over' } : state };
  });
}

/** Acknowledges those of them that are open; answers how all of them stand then. */
export async function acknowledgeAll(
  tenant: string,
  incidents: readonly KnownIncident[],
  by: string | undefined,
  { escalations }: IncidentDeps,
): Promise<readonly KnownIncident[]> {
  return await Promise.all(
    incidents.map(async (one) => {
      if (one.state.state !== 'open') return one;
      const known = await escalations.acknowledge(tenant, one.incident, by);
      if (known === 'unknown')
        throw new ProblemError(problem('unavailable', 'Send it again in a few seconds.'), {
          'retry-after': '5',
        });
      return known ? { ...one, state: known } : one;
    }),
  );
}
