import type { CatalogEntry, EntryKind } from '../../core/catalog-entry.ts';
import type { EntryInput } from '../../core/catalog-input.ts';
import { type Counted, overQuota, oversize } from '../../core/catalog-quota.ts';
import { MAX_MATCHERS, matchersOf } from '../../core/matchers.ts';
import { ProblemError, type ProblemIssue, problem } from '../../core/problem.ts';
import { checkDestination, type DestinationDeps } from './check-destination.ts';
import { refusal } from './endpoint.ts';

export interface CheckDeps extends DestinationDeps {
  /** Kinds of source that a hook may be for. */
  readonly sources: readonly string[];
  /** This stack has the queues that ordered topics need. */
  readonly hasOrdered: boolean;
}

type Named = Pick<CatalogEntry, 'kind' | 'id'>;
/** An entry that stays, or one that is new. */
type Present = CatalogEntry | EntryInput;

/** Everything that is wrong with new entries, given what the catalog will hold once they are in. */
export async function checkEntries(
  tenant: string,
  inputs: readonly EntryInput[],
  catalog: readonly Present[],
  deps: CheckDeps,
): Promise<ProblemIssue[]> {
  const issues = await Promise.all(
    inputs.map(async (input): Promise<ProblemIssue[]> => {
      if (input.kind === 'destination') return checkDestination(tenant, input, deps);
      if (input.kind === 'route') return checkRoute(input, catalog);
      if (input.kind === 'hook') return checkHook(input, deps.sources);
      if (input.kind === 'topic') return [...checkTopic(input, catalog), ...checkOrdered(input, deps)];
      if (input.kind === 'limit') return checkNamed(input, catalog);
      return [];
    }),
  );
  const found = issues.flat();
  return found.length > 0 ? found : checkMatchers(inputs, catalog);
}

function checkMatchers(inputs: readonly EntryInput[], catalog: readonly Present[]): ProblemIssue[] {
  const route = inputs.findLast(({ kind }) => kind === 'route');
  if (!route) return [];
  const sum = catalog.reduce((total, one) => total + (one.kind === 'route' ? matchersOf(one.body) : 0), 0);
  if (sum <= MAX_MATCHERS.routes) return [];
  const detail = `routes hold at most ${MAX_MATCHERS.routes} tests of data that are no exact values together, with this they have ${sum}`;
  return [{ pointer: route.pointer, code: 'quota', detail }];
}

/** Ends the request when an entry is too large, or the catalog would become it. */
export function checkSizes(inputs: readonly EntryInput[], catalog: readonly Counted[]): void {
  const tooLarge = inputs.flatMap(oversize);
  if (tooLarge.length > 0) throw refusal(tooLarge);
  const tooMany = overQuota(catalog);
  if (tooMany.length > 0) throw new ProblemError(problem('quota', tooMany[0]?.detail, tooMany));
}

/** Routes and limits that would break if an entry went away. */
export function usersOf({ kind, id }: Named, catalog: readonly CatalogEntry[]): string[] {
  return catalog
    .filter((entry) => {
      if (entry.kind !== 'route' && entry.kind !== 'limit') return false;
      if (kind === 'destination') return entry.body.destinations?.includes(id);
      return kind === 'template' && entry.kind === 'route' && entry.body.template === id;
    })
    .map((entry) => `${entry.kind} ${entry.id}`);
}

function checkRoute({ body, pointer }: EntryInput<'route'>, catalog: readonly Named[]): ProblemIssue[] {
  const { template } = body;
  const issues = checkNamed({ body, pointer }, catalog);
  if (template !== undefined && !namesOf(catalog, 'template').has(template)) {
    issues.push(unknownName(`${pointer}/template`, 'template', template));
  }
  return issues;
}

function checkNamed(
  { body: { destinations = [] }, pointer }: Pick<EntryInput<'limit' | 'route'>, 'body' | 'pointer'>,
  catalog: readonly Named[],
): ProblemIssue[] {
  const known = namesOf(catalog, 'destination');
  return destinations.flatMap((id, index) =>
    known.has(id) ? [] : [unknownName(`${pointer}/destinations/${index}`, 'destination', id)],
  );
}

function checkHook({ body, pointer }: EntryInput<'hook'>, sources: readonly string[]): ProblemIssue[] {
  if (sources.includes(body.source)) return [];
  return [{ pointer: `${pointer}/source`, code: 'oneOf', detail: `write one of ${sources.join(', ')}` }];
}

/** Of two entries with the same pattern nobody could say which one decides. */
function checkTopic({ id, body, pointer }: EntryInput<'topic'>, catalog: readonly Present[]): ProblemIssue[] {
  const others = catalog.filter((entry) => entry.kind === 'topic').filter((entry) => entry.id !== id);
  return body.topics.flatMap((pattern, index) => {
    const other = others.find(({ body: { topics } }) => topics.includes(pattern));
    if (!other) return [];
    const detail = `the entry "${other.id}" names this pattern too; leave it in one of them`;
    return [{ pointer: `${pointer}/topics/${index}`, code: 'invalid', detail }];
  });
}

/** Without its queues events of an ordered topic would go out in any order, and nobody would notice. */
function checkOrdered({ body, pointer }: EntryInput<'topic'>, { hasOrdered }: CheckDeps): ProblemIssue[] {
  if (!body.ordered || hasOrdered) return [];
  const detail =
    'this stack has no queues for ordered topics; deploy it with the setting ordered: true first';
  return [{ pointer: `${pointer}/ordered`, code: 'invalid', detail }];
}

function unknownName(pointer: string, kind: EntryKind, id: string): ProblemIssue {
  return { pointer, code: 'unknown', detail: `there is no ${kind} "${id}" in the catalog` };
}

function namesOf(catalog: readonly Named[], kind: EntryKind): ReadonlySet<string> {
  return new Set(catalog.filter((entry) => entry.kind === kind).map(({ id }) => id));
}
