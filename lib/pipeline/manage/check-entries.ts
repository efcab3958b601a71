import type { CatalogEntry, EntryKind } from '../../core/catalog-entry.ts';
import type { EntryInput } from '../../core/catalog-input.ts';
import { ProblemError, type ProblemIssue, problem } from '../../core/problem.ts';
import { checkDestination, type DestinationDeps } from './check-destination.ts';

export interface CheckDeps extends DestinationDeps {
  /** Kinds of source that a hook may be for. */
  readonly sources: readonly string[];
}

type Named = Pick<CatalogEntry, 'kind' | 'id'>;

/** Destinations of one tenant: bounds the snapshot that every warm function keeps. */
export const MAX_DESTINATIONS = 100;

/** Everything that is wrong with new entries, given what the catalog will hold once they are in. */
export async function checkEntries(
  tenant: string,
  inputs: readonly EntryInput[],
  catalog: readonly Named[],
  deps: CheckDeps,
): Promise<ProblemIssue[]> {
  const issues = await Promise.all(
    inputs.map(async (input): Promise<ProblemIssue[]> => {
      if (input.kind === 'destination') return checkDestination(tenant, input, deps);
      if (input.kind === 'route') return checkRoute(input, catalog);
      if (input.kind === 'hook') return checkHook(input, deps.sources);
      return [];
    }),
  );
  return issues.flat();
}

/** Ends the request when there would be too many destinations. */
export function checkQuota(catalog: readonly Named[]): void {
  if (namesOf(catalog, 'destination').size <= MAX_DESTINATIONS) return;
  throw new ProblemError(problem('quota', `A catalog holds at most ${MAX_DESTINATIONS} destinations.`));
}

/** Routes that would break if an entry went away. */
export function usersOf({ kind, id }: Named, catalog: readonly CatalogEntry[]): string[] {
  return catalog
    .filter((entry) => entry.kind === 'route')
    .filter(({ body }) =>
      kind === 'destination' ? body.destinations.includes(id) : kind === 'template' && body.template === id,
    )
    .map((entry) => entry.id);
}

function checkRoute({ body, pointer }: EntryInput<'route'>, catalog: readonly Named[]): ProblemIssue[] {
  const { destinations, template } = body;
  const known = namesOf(catalog, 'destination');
  const issues = destinations.flatMap((id, index) =>
    known.has(id) ? [] : [unknownName(`${pointer}/destinations/${index}`, 'destination', id)],
  );
  if (template !== undefined && !namesOf(catalog, 'template').has(template)) {
    issues.push(unknownName(`${pointer}/template`, 'template', template));
  }
  return issues;
}

function checkHook({ body, pointer }: EntryInput<'hook'>, sources: readonly string[]): ProblemIssue[] {
  if (sources.includes(body.source)) return [];
  return [{ pointer: `${pointer}/source`, code: 'oneOf', detail: `write one of ${sources.join(', ')}` }];
}

function unknownName(pointer: string, kind: EntryKind, id: string): ProblemIssue {
  return { pointer, code: 'unknown', detail: `there is no ${kind} "${id}" in the catalog` };
}

function namesOf(catalog: readonly Named[], kind: EntryKind): ReadonlySet<string> {
  return new Set(catalog.filter((entry) => entry.kind === kind).map(({ id }) => id));
}
