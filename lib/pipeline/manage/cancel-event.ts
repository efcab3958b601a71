import { EVENT_ID } from '../../core/event.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import { notFound, type Step } from './endpoint.ts';

export interface CancelDeps {
  readonly schedule: {
    readonly cancel: (ref: {
      readonly tenant: string;
      readonly event: string;
    }) => Promise<'cancelled' | 'over' | 'missing' | 'unknown'>;
  };
}

/** Cancels a scheduled event while it is held; once more is no mistake. */
export function cancelEvent({ schedule }: CancelDeps): Step {
  return async ({ caller: { tenant }, params }) => {
    const event = params['id'] ?? '';
    const cancelled = EVENT_ID.test(event) ? await schedule.cancel({ tenant, event }) : 'missing';
    if (cancelled === 'cancelled') return { status: 204 };
    if (cancelled === 'missing') throw notFound();
    if (cancelled === 'over')
      throw new ProblemError(problem('conflict', 'This event is on its way already.'));
    throw new ProblemError(problem('unavailable', 'Send it again in a few seconds.'), { 'retry-after': '5' });
  };
}
