import type { GatherRule, GroupRule, Route } from './catalog.ts';
import type { Escalation } from './escalation.ts';
import type { Event } from './event.ts';
import { isProof } from './pattern/access.ts';
import { bindCondition } from './pattern/condition.ts';
import { type Facts, Layout } from './pattern/facts.ts';
import type { Formula } from './pattern/formula.ts';
import { indexFormulas } from './pattern/formula-index.ts';
import { flattenRoutes } from './route-tree.ts';
import { conditionOf } from './wanted.ts';
import { compileWindow } from './window.ts';

/** What a route asks for. `route` is absent when the event named its destinations itself. */
export interface RouteMatch {
  readonly route?: string;
  /** Without those that an earlier match of the same event already named. */
  readonly destinations: readonly string[];
  /** People and teams: their destinations are to be added. */
  readonly recipients?: readonly string[];
  /** Destinations that people refuse, each with the rules that say so, such as `unsubscribed:alice`. */
  readonly refused?: ReadonlyMap<string, readonly string[]>;
  readonly template?: string;
  /** Languages of the people whose destinations these are, by destination. */
  readonly locales?: ReadonlyMap<string, string>;
  /** The route is mute at that time. */
  readonly muted?: true;
  readonly escalate?: Escalation;
  readonly group?: GroupRule;
  readonly digest?: GatherRule;
}

/** The routes that want an event; at a time, epoch ms, those with a mute window that is open then are marked. */
export type Matching = (event: Event, atMs?: number) => readonly RouteMatch[];

/**
 * Compiles the routes of a catalog, given in their order, into one index: an event meets only the routes that its
 * values lead to. The first route that matches ends the search unless it says `continue`; `default` routes are asked
 * only when no other matched. Routes within a route hear what it wants in its place. An empty answer means `noRoute`.
 * Each destination is named once, by the first match that wants it and is not mute.
 */
export function compileRoutes(routes: readonly Route[]): Matching {
  const layout = new Layout();
  const searchOrdinary = compileSearch(
    routes.filter((route) => !route.default),
    layout,
  );
  const searchFallback = compileSearch(
    routes.filter((route) => route.default),
    layout,
  );
  const isMute = compileMutes(routes);
  const alone = new Map<Route, readonly RouteMatch[]>();
  return (event, atMs) => {
    if (event.to && event.replayOf === undefined && !event.failsOver)
      return [{ destinations: [...new Set(event.to)] }];
    if (event.recipients && !event.failsOver)
      return narrowed(event, [{ destinations: [], recipients: event.recipients }]);
    const facts = layout.factsOf(event);
    const found = searchOrdinary(facts);
    const wanting = found.length > 0 ? found : searchFallback(facts);
    if (event.failsOver) return standingIn(event, event.failsOver.from, wanting);
    const muted = atMs === undefined ? [] : wanting.filter((route) => isMute(route, atMs));
    return narrowed(event, answerOf(wanting, muted, alone));
  };
}

/** Nearly always it is one route or none, and what one route answers is always the same. */
function answerOf(
  wanting: readonly Route[],
  muted: readonly Route[],
  alone: Map<Route, readonly RouteMatch[]>,
): readonly RouteMatch[] {
  const [first, second] = wanting;
  if (first === undefined) return NOBODY;
  if (second !== undefined || muted.length > 0) return named(wanting, muted);
  const known = alone.get(first);
  if (known) return known;
  const answer = named(wanting, muted);
  alone.set(first, answer);
  return answer;
}

const NOBODY: readonly RouteMatch[] = [];

/** A replay names its destinations itself; those that a route would name keep the template of that route. */
function narrowed({ to }: Event, matches: readonly RouteMatch[]): readonly RouteMatch[] {
  if (!to) return matches;
  const kept = matches.map(({ destinations, ...match }) => ({
    ...match,
    destinations: destinations.filter((id) => to.includes(id)),
  }));
  const routed = new Set(kept.flatMap(({ destinations }) => destinations));
  return [...kept, { destinations: [...new Set(to)].filter((id) => !routed.has(id)) }].filter(
    ({ destinations, recipients }) => destinations.length > 0 || recipients !== undefined,
  );
}

/** Another destination hears it in the words in which the first would have. */
function standingIn({ to = [] }: Event, from: string, routes: readonly Route[]): RouteMatch[] {
  const { template, escalate, group } = routes.find(({ destinations }) => destinations?.includes(from)) ?? {};
  const words = template !== undefined && { template };
  // It can be acknowledged there, too; a group is acknowledged as it is told.
  return [{ destinations: to, ...words, ...(escalate && !group && { escalate }) }];
}

/** Routes within routes are searched as one list, in which each knows how far those before it are its own. */
function compileSearch(routes: readonly Route[], layout: Layout): (facts: Facts) => Route[] {
  const branches = flattenRoutes(routes);
  const all = new Set(branches.flatMap(({ wanted }) => wanted));
  const conditions = new Map([...all].map((wanted) => [wanted, conditionOf(wanted)]));
  const testOf = new Map(
    [...conditions].map(([wanted, condition]) => [wanted, bindCondition(condition, layout)]),
  );
  const formulas = branches.map(({ wanted }): Formula => ({
    kind: 'all',
    of: wanted.map((one) => conditions.get(one)!.formula),
  }));
  const candidates = indexFormulas(formulas, layout);
  const tests = branches.map(({ wanted }, position) =>
    isProof(formulas[position]!) ? [] : wanted.map((one) => testOf.get(one)!),
  );
  return (facts) => {
    const found: Route[] = [];
    let last = -1;
    let from = 0;
    candidates(facts, (position) => {
      if (position < from) return undefined;
      const { route, first, parent } = branches[position]!;
      const isHeardWithin = last >= first;
      if (!isHeardWithin) {
        if (!tests[position]!.every((holds) => holds(facts))) return undefined;
        found.push(route);
        last = position;
      }
      if (route.continue) return undefined;
      if (parent === undefined) return 'stop';
      from = parent;
      return undefined;
    });
    return found;
  };
}

/** Whether a route is mute at a time; routes within a route mostly share its windows. */
function compileMutes(routes: readonly Route[]): (route: Route, atMs: number) => boolean {
  const mutes = new Set(flattenRoutes(routes).flatMap(({ route: { mute } }) => (mute ? [mute] : [])));
  const windows = new Map([...mutes].map((mute) => [mute, mute.map(compileWindow)]));
  return ({ mute }, atMs) => mute !== undefined && windows.get(mute)!.some((isOpen) => isOpen(atMs));
}

/** Names each destination once, where it is heard if any of the routes may be. */
function named(routes: readonly Route[], muted: readonly Route[]): RouteMatch[] {
  const isMuted = (route: Route): boolean => muted.includes(route);
  const owner = new Map<string, Route>();
  for (const route of [...routes.filter((one) => !isMuted(one)), ...muted])
    for (const id of route.destinations ?? []) if (!owner.has(id)) owner.set(id, route);
  return routes.map((route) => ({
    route: route.id,
    destinations: [...new Set(route.destinations)].filter((id) => owner.get(id) === route),
    ...(route.recipients && { recipients: route.recipients }),
    ...(route.template !== undefined && { template: route.template }),
    ...(route.group && { group: route.group }),
    ...(route.digest && { digest: route.digest }),
    ...(isMuted(route) && { muted: true as const }),
    ...(route.escalate && { escalate: route.escalate }),
  }));
}
