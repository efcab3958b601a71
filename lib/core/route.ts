import type { Route } from './catalog.ts';
import type { Event } from './event.ts';
import { compilePattern } from './pattern.ts';
import { compileTopics } from './topic.ts';

/** What a route asks for. `route` is absent when the event named its destinations itself. */
export interface RouteMatch {
  readonly route?: string;
  /** Without those that an earlier match of the same event already named. */
  readonly destinations: readonly string[];
  readonly template?: string;
}

export type Matching = (event: Event) => readonly RouteMatch[];

/**
 * Compiles the routes of a catalog, given in their order. The first route that matches ends the search
 * unless it says `continue`; `default` routes are asked only when no other matched. An empty answer means
 * `noRoute`. Each destination is named once, by the first match that wants it.
 */
export function compileRoutes(routes: readonly Route[]): Matching {
  const compiled = routes.map((route) => ({ route, wants: compileRoute(route) }));
  const ordinary = compiled.filter(({ route }) => !route.default);
  const fallback = compiled.filter(({ route }) => route.default);

  return (event) => {
    if (event.to && event.replayOf === undefined) return [{ destinations: [...new Set(event.to)] }];
    const found = search(ordinary, event);
    const matches = named(found.length > 0 ? found : search(fallback, event));
    return event.to ? onlyTo(event.to, matches) : matches;
  };
}

/** A replay names its destinations itself; those that a route would name keep the template of that route. */
function onlyTo(to: readonly string[], matches: readonly RouteMatch[]): RouteMatch[] {
  const kept = matches.map(({ destinations, ...match }) => ({
    ...match,
    destinations: destinations.filter((id) => to.includes(id)),
  }));
  const routed = new Set(kept.flatMap(({ destinations }) => destinations));
  return [...kept, { destinations: [...new Set(to)].filter((id) => !routed.has(id)) }].filter(
    ({ destinations }) => destinations.length > 0,
  );
}

interface CompiledRoute {
  readonly route: Route;
  readonly wants: (event: Event) => boolean;
}

function compileRoute({ topics, match }: Route): (event: Event) => boolean {
  const topicFits = topics ? compileTopics(topics) : () => true;
  const eventFits = match ? compilePattern(match) : () => true;
  return (event) => topicFits(event.topic) && eventFits(event);
}

function search(routes: readonly CompiledRoute[], event: Event): Route[] {
  const found: Route[] = [];
  for (const { route, wants } of routes) {
    if (!wants(event)) continue;
    found.push(route);
    if (!route.continue) break;
  }
  return found;
}

function named(routes: readonly Route[]): RouteMatch[] {
  const seen = new Set<string>();
  return routes.map((route) => {
    const destinations = [...new Set(route.destinations)].filter((id) => !seen.has(id));
    for (const id of destinations) seen.add(id);
    return {
      route: route.id,
      destinations,
      ...(route.template === undefined ? {} : { template: route.template }),
    };
  });
}
