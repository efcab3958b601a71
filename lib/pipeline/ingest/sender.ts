import type { Caller } from '../../core/caller.ts';
import type { ApiScope } from '../../core/catalog.ts';
import type { Telemetry } from '../../core/metrics.ts';
import { type AuthDeps, authorise } from '../authorise.ts';
import { orUnavailable } from './or-unavailable.ts';
import type { PostRequest } from './request.ts';

/** What the log says of a catalog that does not answer. */
export const NO_CREDENTIALS = 'credentials cannot be read';

/**
 * Who posts.
 * @throws ProblemError `unauthorized` or `forbidden`; `unavailable` when nobody can say.
 */
export function senderOf(
  { headers }: Pick<PostRequest, 'headers'>,
  scope: ApiScope,
  deps: AuthDeps & { readonly telemetry: Telemetry },
): Promise<Caller> {
  return orUnavailable(() => authorise(headers, scope, deps), NO_CREDENTIALS, deps);
}
