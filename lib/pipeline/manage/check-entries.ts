import type { CatalogEntry, EntryKind } from '../../core/catalog-entry.ts';
import type { EntryInput } from '../../core/catalog-input.ts';
import { type Counted, overQuota, oversize } from '../../core/catalog-quota.ts';
import { MAX_MATCHERS, MAX_TESTS, matchersOf, testsOf } from '../../core/matchers.ts';
import { ProblemError, type ProblemIssue, problem } from '../../core/problem.ts';
import { everyRoute } from '../../core/route-tree.ts';
import { checkDestination, type DestinationDeps } from './check-destination.ts';
import { checkSamples, checkSampleTopics } from './check-samples.ts';
import { checkTemplate } from './check-template.ts';
import { refusal } from './endpoint.ts';

export interface CheckDeps extends DestinationDeps {
  /** Kinds of source that a hook may be for. */
  readonly sources: readonly string[];
  /** This stack has the queues that ordered topics need. */
  readonly hasOrdered: boolean;
  readonly directory: {
    /** People and teams that exist, by id. */
    readonly findAll: (tenant: string, ids: readonly string[]) => Promise<ReadonlyMap<string, unknown>>;
  };
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
      if (input.kind === 'destination')
        return [...checkFailover(input, catalog), ...(await checkDestination(tenant, input, deps))];
      if (input.kind === 'route')
        return [...checkRoute(input, catalog), ...(await checkRecipients(tenant, input, deps))];
      if (input.kind === 'template') return checkTemplate(input, deps);
      if (input.kind === 'hook') return checkHook(input, deps.sources);
      if (input.kind === 'topic')
        return [
          ...checkTopic(input, catalog),
          ...checkSampleTopics(input, catalog),
          ...checkOrdered(input, deps),
        ];
      if (input.kind === 'limit') return checkNamed(input, catalog);
      return [];
    }),
  );
  const found = issues.flat();
  if (found.length > 0) return found;
  const tests = [...checkTests(inputs, catalog), ...checkInhibitions(inputs, catalog)];
  return tests.length > 0 ? tests : checkSamples(inputs, catalog, deps.channels);
}

function checkTests(inputs: readonly EntryInput[], catalog: readonly Present[]): ProblemIssue[] {
  const given = inputs.findLast(({ kind }) => kind === 'route');
  if (!given) return [];
  const routes = catalog.flatMap((one) => (one.kind === 'route' ? { ...one.body, id: one.id } : []));
  const { tests, matchers } = testsOf(routes);
  const tooMany = (most: number, what: string, sum: number): ProblemIssue[] => {
    const detail = `routes hold at most ${most} ${what} together, with this they have ${sum}`;
    return sum <= most ? [] : [{ pointer: given.pointer, code: 'quota', detail }];
  };
  return [
    ...tooMany(MAX_MATCHERS.routes, 'tests of data that are no exact values', matchers),
    ...tooMany(MAX_TESTS, 'tests', tests),
  ];
}

/** Each test of an inhibition meets every alert that fires. */
function checkInhibitions(inputs: readonly EntryInput[], catalog: readonly Present[]): ProblemIssue[] {
  const given = inputs.findLast(({ kind }) => kind === 'inhibition');
  if (!given) return [];
  const rules = catalog.flatMap((one) => (one.kind === 'inhibition' ? [one.body] : []));
  const sum = rules
    .flatMap(({ source, target }) => [source, target])
    .reduce((total, one) => total + matchersOf(one), 0);
  if (sum <= MAX_MATCHERS.inhibitions) return [];
  const detail = `inhibitions hold at most ${MAX_MATCHERS.inhibitions} tests of data that are no exact values together, with this they have ${sum}`;
  return [{ pointer: given.pointer, code: 'quota', detail }];
}

/** Ends the request when an entry is too large, or the catalog would become it. */
export function checkSizes(inputs: readonly EntryInput[], catalog: readonly Counted[]): void {
  const tooLarge = inputs.flatMap(oversize);
  if (tooLarge.length > 0) throw refusal(tooLarge);
  const tooMany = overQuota(catalog);
  if (tooMany.length > 0) throw new ProblemError(problem('quota', tooMany[0]?.detail, tooMany));
}

/** Routes, limits and destinations that would break if an entry went away. */
export function usersOf({ kind, id }: Named, catalog: readonly CatalogEntry[]): string[] {
  return catalog
    .filter((entry) => {
      if (entry.kind === 'limit') return kind === 'destination' && entry.body.destinations?.includes(id);
      if (entry.kind === 'destination') return kind === 'destination' && entry.body.failover?.to === id;
      if (entry.kind !== 'route') return false;
      return everyRoute(entry.body).some(({ route }) =>
        kind === 'destination'
          ? [route, ...(route.escalate?.steps ?? [])].some(({ destinations }) => destinations?.includes(id))
          : kind === 'template' && route.template === id,
      );
    })
    .map((entry) => `${entry.kind} ${entry.id}`);
}

/** What fails over goes to a destination that exists, and never comes back to one that had it. */
function checkFailover(
  { id, body: { failover }, pointer: root }: EntryInput<'destination'>,
  catalog: readonly Present[],
): ProblemIssue[] {
  if (!failover) return [];
  const pointer = `${root}/failover/to`;
  const known = new Map(
    catalog.flatMap((one) => (one.kind === 'destination' ? [[one.id, one.body.failover?.to] as const] : [])),
  );
  if (!known.has(failover.to)) return [unknownName(pointer, 'destination', failover.to)];
  const passed = new Set([id]);
  let next: string | undefined = failover.to;
  for (; next !== undefined && !passed.has(next); next = known.get(next)) passed.add(next);
  if (next === undefined) return [];
  const detail = `it would come back: ${[...passed, next].join(', then ')}`;
  return [{ pointer, code: 'invalid', detail }];
}

function checkRoute(input: EntryInput<'route'>, catalog: readonly Present[]): ProblemIssue[] {
  const templates = namesOf(catalog, 'template');
  const taken = new Set(catalog.filter((one) => one.kind === 'route' && one.id !== input.id).flatMap(idsIn));
  return everyRoute(input.body, input.pointer).flatMap(({ route, pointer }) => {
    const issues = checkNamed({ body: route, pointer }, catalog);
    for (const [index, body] of (route.escalate?.steps ?? []).entries())
      issues.push(...checkNamed({ body, pointer: `${pointer}/escalate/steps/${index}` }, catalog));
    const { template } = route;
    if (template !== undefined && !templates.has(template))
      issues.push(unknownName(`${pointer}/template`, 'template', template));
    const id = 'id' in route ? route.id : input.id;
    const detail = `there is another route "${id}" in the catalog, perhaps within one`;
    if (taken.has(id)) issues.push({ pointer: `${pointer}/id`, code: 'invalid', detail });
    taken.add(id);
    return issues;
  });
}

async function checkRecipients(
  tenant: string,
  { body, pointer: root }: EntryInput<'route'>,
  { directory }: CheckDeps,
): Promise<ProblemIssue[]> {
  const named = everyRoute(body, root).flatMap(({ route, pointer }) =>
    (route.recipients ?? []).map((id, index) => ({ id, pointer: `${pointer}/recipients/${index}` })),
  );
  if (named.length === 0) return [];
  const known = await directory.findAll(
    tenant,
    named.map(({ id }) => id),
  );
  return named
    .filter(({ id }) => !known.has(id))
    .map(({ id, pointer }) => ({ pointer, code: 'unknown', detail: `there is no recipient "${id}"` }));
}

/** The name of an entry, and of those within it. */
function idsIn(entry: Present): string[] {
  const within = entry.kind === 'route' ? everyRoute(entry.body).slice(1) : [];
  return [entry.id, ...within.flatMap(({ route }) => ('id' in route ? route.id : []))];
}

interface NamesDestinations {
  readonly body: { readonly destinations?: readonly string[] };
  readonly pointer: string;
}

function checkNamed(
  { body: { destinations = [] }, pointer }: NamesDestinations,
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
