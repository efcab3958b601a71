import { type Acknowledgement, acknowledgeInput } from '../../core/acknowledge-input.ts';
import { EVENT_ID, type Event } from '../../core/event.ts';
import { describeInput } from '../../core/input-words.ts';
import { isoTime } from '../../core/iso-time.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import { jsonBody, notFound, refusal, type Step } from './endpoint.ts';
import { type IncidentDeps, acknowledgeAll, incidentsOf } from './incidents.ts';

export interface AcknowledgeDeps extends IncidentDeps {
  readonly findBody: (tenant: string, id: string) => Promise<Event | undefined>;
}

/**
 * Acknowledges the incidents that an event belongs to, by any of their events: nobody else is told of them. Once more is
 * no mistake, and the first name stays.
 */
export function acknowledge(deps: AcknowledgeDeps): Step {
  return async (call) => {
    const { tenant } = call.caller;
    const id = call.params['id'] ?? '';
    const { by } = readBody(call.body.length === 0 ? {} : jsonBody(call));
    const event = EVENT_ID.test(id) ? await deps.findBody(tenant, id) : undefined;
    if (!event) throw notFound();
    const known = await acknowledgeAll(tenant, await incidentsOf(tenant, event, deps), by, deps);
    const taken = known.find(({ state }) => state.state === 'acknowledged');
    if (!taken)
      throw conflict(known.length > 0 ? 'This incident is over.' : 'No route escalates this event.');
    return {
      status: 200,
      body: {
        incident: taken.incident,
        state: taken.state.state,
        ...(taken.state.by !== undefined && { by: taken.state.by }),
        at: isoTime(taken.state.at),
      },
    };
  };
}

function conflict(detail: string): ProblemError {
  return new ProblemError(problem('conflict', detail));
}

function readBody(value: unknown): Acknowledgement {
  const parsed = acknowledgeInput.safeParse(value, { reportInput: true });
  if (!parsed.success) throw refusal(describeInput(parsed.error, '', Object.keys(acknowledgeInput.shape)));
  return parsed.data;
}
