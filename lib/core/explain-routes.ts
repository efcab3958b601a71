import type { Route } from './catalog.ts';
import type { Event } from './event.ts';
import { explainWanted } from './explain.ts';
import type { Mismatch } from './pattern/mismatch.ts';
import { compileRoutes } from './route.ts';

/** What one route had to say of an event. */
export type RouteVerdict =
  | { readonly route: string; readonly verdict: 'matched' }
  | { readonly route: string; readonly verdict: 'notMatched'; readonly why: Mismatch }
  /** It was not asked: an earlier route ended the search, or the event named its destinations itself. */
  | { readonly route: string; readonly verdict: 'notAsked'; readonly because: string };

/**
 * What each route had to say of an event, in the order in which they are asked; who matched is what the fan-out's own
 * index says.
 */
export function explainRoutes(routes: readonly Route[], event: Event): RouteVerdict[] {
  const matched = new Set(compileRoutes(routes)(event).flatMap(({ route }) => route ?? []));
  const isNamed = event.to !== undefined && event.replayOf === undefined;
  const ordinary = routes.filter((route) => !route.default);
  const fallback = routes.filter((route) => route.default);
  const found = ordinary.some(({ id }) => matched.has(id));
  return [
    ...search(ordinary, isNamed ? 'the event names its destinations' : undefined),
    ...search(
      fallback,
      isNamed ? 'the event names its destinations' : found ? 'another route matched' : undefined,
    ),
  ];

  function search(asked: readonly Route[], closed: string | undefined): RouteVerdict[] {
    let because = closed;
    return asked.map((route): RouteVerdict => {
      const { id } = route;
      if (because !== undefined) return { route: id, verdict: 'notAsked', because };
      const why = explainWanted(route, event);
      if (why) return { route: id, verdict: 'notMatched', why };
      if (!route.continue) because = `route ${id} ended the search`;
      return { route: id, verdict: 'matched' };
    });
  }
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
