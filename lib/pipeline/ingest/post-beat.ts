import type { Telemetry } from '../../core/metrics.ts';
import { NAME } from '../../core/event.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import type { AuthDeps } from '../authorise.ts';
import { orUnavailable } from './or-unavailable.ts';
import type { PostAnswer, PostRequest } from './request.ts';
import { senderOf } from './sender.ts';
import { RETRY_AFTER, unavailable } from './work.ts';

export interface BeatDeps extends AuthDeps {
  readonly pulses: {
    /** `missing`: there is no such heartbeat. */
    readonly beat: (tenant: string, id: string) => Promise<'beaten' | 'missing' | 'unknown'>;
  };
  readonly telemetry: Telemetry;
}

/**
 * `POST /v1/heartbeats/{id}`: it beats. Whatever the body holds is not read: what can call a URL can beat, a webhook of
 * another system too.
 */
export async function postBeat(request: PostRequest, deps: BeatDeps): Promise<PostAnswer> {
  const { tenant } = await senderOf(request, 'beat', deps);
  const { id = '' } = request.params;
  const beaten = NAME.test(id)
    ? await orUnavailable(() => deps.pulses.beat(tenant, id), 'a heartbeat cannot be read', deps, { tenant })
    : 'missing';
  if (beaten === 'missing') throw new ProblemError(problem('not-found', 'There is no such heartbeat.'));
  if (beaten === 'unknown') throw new ProblemError(unavailable(), RETRY_AFTER);
  return { status: 204 };
}
