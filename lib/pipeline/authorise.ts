import { type Caller, mayUse } from '../core/caller.ts';
import type { ApiScope } from '../core/catalog.ts';
import { ProblemError, problem } from '../core/problem.ts';

type Headers = Readonly<Record<string, string>>;

export interface AuthDeps {
  readonly authenticate: (headers: Headers) => Promise<Caller | undefined>;
}

/**
 * Finds the caller and lets it pass if its key has the scope.
 * @throws ProblemError `unauthorized` without a valid key, `forbidden` without the scope.
 */
export async function authorise(
  headers: Headers,
  scope: ApiScope,
  { authenticate }: AuthDeps,
): Promise<Caller> {
  const caller = await authenticate(headers);
  if (!caller) throw new ProblemError(problem('unauthorized'), { 'www-authenticate': 'Bearer' });
  if (mayUse(caller, scope)) return caller;
  throw new ProblemError(problem('forbidden', `This API key lacks the scope "${scope}".`));
}
