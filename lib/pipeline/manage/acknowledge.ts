import { type Acknowledgement, acknowledgeInput } from '../../core/acknowledge-input.ts';
import { type EscalationState, incidentOf } from '../../core/escalation.ts';
import { EVENT_ID, type Event } from '../../core/event.ts';
import { describeInput } from '../../core/input-words.ts';
import { isoTime } from '../../core/iso-time.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import { jsonBody, notFound, refusal, type Step } from './endpoint.ts';

export interface AcknowledgeDeps {
  readonly findBody: (tenant: string, id: string) => Promise<Event | undefined>;
  readonly escalations: {
    readonly acknowledge: (
      tenant: string,
      incident: string,
      by?: string,
    ) => Promise<EscalationState | undefined | 'unknown'>;
  };
}

/**
 * Acknowledges the incident that an event belongs to, by any of its events: nobody else is told of it. Once more is no
 * mistake, and the first name stays.
 */
export function acknowledge({ findBody, escalations }: AcknowledgeDeps): Step {
  return async (call) => {
    const { tenant } = call.caller;
    const id = call.params['id'] ?? '';
    const { by } = readBody(call.body.length === 0 ? {} : jsonBody(call));
    const event = EVENT_ID.test(id) ? await findBody(tenant, id) : undefined;
    if (!event) throw notFound();
    const incident = event.escalates?.incident ?? incidentOf(event);
    const known = await escalations.acknowledge(tenant, incident, by);
    if (known === 'unknown')
      throw new ProblemError(problem('unavailable', 'Send it again in a few seconds.'), {
        'retry-after': '5',
      });
    if (known?.state !== 'acknowledged')
      throw new ProblemError(
        problem('conflict', known ? 'This incident is over.' : 'No route escalates this event.'),
      );
    return {
      status: 200,
      body: {
        incident,
        state: known.state,
        ...(known.by !== undefined && { by: known.by }),
        at: isoTime(known.at),
      },
    };
  };
}

function readBody(value: unknown): Acknowledgement {
  const parsed = acknowledgeInput.safeParse(value, { reportInput: true });
  if (!parsed.success) throw refusal(describeInput(parsed.error, '', Object.keys(acknowledgeInput.shape)));
  return parsed.data;
}
