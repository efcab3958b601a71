import type { Route, Subroute } from './catalog.ts';
import type { Wanted } from './wanted.ts';

/** A route of a tree as it stands in a list of all of them. */
export interface Branch {
  /** With what it takes over from those above. */
  readonly route: Route;
  /** What it wants, and those above it, the outermost first: all of that must fit. */
  readonly wanted: readonly Wanted[];
  /** Position of the first route within it; its own, if it holds none. */
  readonly first: number;
  /** Position of the route that holds it; absent: none does. */
  readonly parent?: number;
}

/**
 * All routes of a tree in one list, each behind those within it. So the list is searched from its beginning: a route
 * hears what none between `first` and itself has heard; and one that ends the search ends it up to its parent.
 */
export function flattenRoutes(routes: readonly Route[]): Branch[] {
  const list: Branch[] = [];
  for (const route of routes) append(list, route, []);
  return list;
}

function append(list: Branch[], route: Route, above: readonly Wanted[], parent?: number): void {
  const { topics: _, match: __, when: ___, continue: ____, routes = [], ...inherited } = route;
  const first = list.length;
  const own = first + sizeOf(routes);
  const wanted = [...above, route];
  for (const one of routes) append(list, completed(one, inherited), wanted, own);
  list.push({ route, wanted, first, ...(parent !== undefined && { parent }) });
}

/** Who hears it is said as a whole: a route within that names anybody takes over nobody. */
function completed(own: Subroute, inherited: Route): Route {
  const { destinations, recipients, group, digest, ...rest } = inherited;
  return {
    ...rest,
    ...(!own.destinations &&
      !own.recipients && { ...(destinations && { destinations }), ...(recipients && { recipients }) }),
    // A route gathers in one way.
    ...(!own.group && !own.digest && { ...(group && { group }), ...(digest && { digest }) }),
    ...own,
  };
}

/** How many routes there are, with those within. */
function sizeOf(routes: readonly Subroute[]): number {
  return routes.reduce((sum, one) => sum + 1 + sizeOf(one.routes ?? []), 0);
}

/** A route as it is written, with those within it, and where each stands. */
export function everyRoute<R extends Partial<Subroute>>(
  route: R,
  pointer = '',
): { readonly route: R | Subroute; readonly pointer: string }[] {
  const within = (route.routes ?? []).flatMap((one, index) => everyRoute(one, `${pointer}/routes/${index}`));
  return [{ route, pointer }, ...within];
}
