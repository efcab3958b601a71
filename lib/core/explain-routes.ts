import type { Route, Subroute } from './catalog.ts';
import type { Event } from './event.ts';
import { explainWanted } from './explain.ts';
import type { Mismatch } from './pattern/mismatch.ts';
import { compileRoutes } from './route.ts';
import { everyRoute } from './route-tree.ts';

/** What one route had to say of an event. */
export type RouteVerdict = {
  readonly route: string;
  /** Of a route within others: their ids, the outermost first. */
  readonly within?: readonly string[];
} & (
  | { readonly verdict: 'matched' }
  /** It wants the event, and a route within it heard it in its place. */
  | { readonly verdict: 'passedOn' }
  | { readonly verdict: 'notMatched'; readonly why: Mismatch }
  /** It was not asked: an earlier route ended the search, or the event named its destinations itself. */
  | { readonly verdict: 'notAsked'; readonly because: string }
);

/**
 * What each route had to say of an event, each before those within it, in the order in which they are asked; who
 * matched is what the fan-out's own index says.
 */
export function explainRoutes(routes: readonly Route[], event: Event): RouteVerdict[] {
  const matched = new Set(compileRoutes(routes)(event).flatMap(({ route }) => route ?? []));
  const isNamed = event.to !== undefined && event.replayOf === undefined;
  const named = isNamed
    ? 'the event names its destinations'
    : event.recipients && 'the event names its recipients';
  const ordinary = routes.filter((route) => !route.default);
  const fallback = routes.filter((route) => route.default);
  const found = ordinary.flatMap((route) => everyRoute(route)).some(({ route }) => matched.has(route.id));
  return [
    ...search(ordinary, named, [], event).verdicts,
    ...search(fallback, named ?? (found ? 'another route matched' : undefined), [], event).verdicts,
  ];
}

type Asked = Subroute | Route;

interface Search {
  readonly verdicts: RouteVerdict[];
  readonly isHeard: boolean;
}

/** Asks routes that stand side by side; `closed`: why none of them is asked. */
function search(
  asked: readonly Asked[],
  closed: string | undefined,
  within: readonly string[],
  event: Event,
): Search {
  let because = closed;
  let isHeard = false;
  const verdicts = asked.flatMap((route) => {
    const one = ask(route, because, within, event);
    isHeard ||= one.isHeard;
    if (one.isHeard && !route.continue) because = `route ${route.id} ended the search`;
    return one.verdicts;
  });
  return { verdicts, isHeard };
}

function ask(route: Asked, because: string | undefined, within: readonly string[], event: Event): Search {
  const { id, routes = [] } = route;
  const place = { route: id, ...(within.length > 0 && { within }) };
  const below = (closed: string | undefined) => search(routes, closed, [...within, id], event);
  if (because !== undefined) {
    const verdicts = [{ ...place, verdict: 'notAsked', because } as const, ...below(because).verdicts];
    return { verdicts, isHeard: false };
  }
  const why = explainWanted(route, event);
  if (why) {
    const inner = below(`route ${id} did not match`);
    return { verdicts: [{ ...place, verdict: 'notMatched', why }, ...inner.verdicts], isHeard: false };
  }
  const inner = below(undefined);
  const verdict = inner.isHeard ? 'passedOn' : 'matched';
  return { verdicts: [{ ...place, verdict }, ...inner.verdicts], isHeard: true };
}

/** A mismatch as a sentence. */
export function wordsOf(why: Mismatch): string {
  if (why.kind === 'apart')
    return `${why.paths.join(', ')} have such values, but not in the same element of their array`;
  const { path, wanted, had, negated, otherBranches } = why;
  const values = had.length === 0 ? 'nothing' : had.map((value) => JSON.stringify(value)).join(', ');
  const wants = typeof wanted === 'string' ? wanted : JSON.stringify(wanted);
  const more = otherBranches > 0 ? `, and ${otherBranches} other branches failed too` : '';
  return `${path} is ${values}, which ${negated ? 'is refused by' : 'does not satisfy'} ${wants}${more}`;
}
