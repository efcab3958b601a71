import { Audience } from './audience.ts';
import type { Route } from './catalog.ts';
import type { Event } from './event.ts';
import { isProof } from './pattern/access.ts';
import { allOf } from './pattern/bind.ts';
import { bindCondition } from './pattern/condition.ts';
import type { Facts } from './pattern/facts.ts';
import type { Formula } from './pattern/formula.ts';
import { indexFormulas } from './pattern/formula-index.ts';
import { Layout } from './pattern/layout.ts';
import { type RouteMatch, matchesOf } from './route-match.ts';
import { flattenRoutes } from './route-tree.ts';
import { conditionOf } from './wanted.ts';
import { compileWindow } from './window.ts';

export type { RouteMatch } from './route-match.ts';

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
  const mutedAmong = compileMutes(routes);
  const search = (facts: Facts): Audience => {
    const found = searchOrdinary(facts);
    return found.isEmpty ? searchFallback(facts) : found;
  };
  return (event, atMs) => {
    if (event.to && event.replayOf === undefined && !event.failsOver)
      return [{ destinations: [...new Set(event.to)] }];
    if (event.recipients && !event.failsOver)
      return narrowed(event, [{ destinations: [], recipients: event.recipients }]);
    const audience = layout.ask(event, search);
    if (event.failsOver) return standingIn(event, event.failsOver.from, audience.routes);
    const muted = atMs === undefined ? NONE : mutedAmong(audience, atMs);
    return narrowed(event, muted.length > 0 ? matchesOf(audience.routes, muted) : audience.answer);
  };
}

const NONE: readonly Route[] = [];

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
function compileSearch(routes: readonly Route[], layout: Layout): (facts: Facts) => Audience {
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
    isProof(formulas[position]!) ? undefined : allOf(wanted.map((one) => testOf.get(one)!)),
  );
  const nobody = new Audience();
  return (facts) => {
    const marks = candidates(facts);
    let audience = nobody;
    let last = -1;
    let from = 0;
    for (let position = marks.take(); position >= 0; position = marks.take()) {
      if (position < from) continue;
      const { route, first, parent } = branches[position]!;
      const isHeardWithin = last >= first;
      if (!isHeardWithin) {
        if (tests[position]?.(facts) === false) continue;
        audience = audience.with(route, position);
        last = position;
      }
      if (route.continue) continue;
      if (parent === undefined) marks.clear();
      else from = parent;
    }
    return audience;
  };
}

/** The routes that are mute at a time; routes within a route mostly share its windows. */
function compileMutes(routes: readonly Route[]): (audience: Audience, atMs: number) => readonly Route[] {
  const mutes = new Set(flattenRoutes(routes).flatMap(({ route: { mute } }) => (mute ? [mute] : [])));
  if (mutes.size === 0) return () => NONE;
  const windows = new Map([...mutes].map((mute) => [mute, mute.map(compileWindow)]));
  return (audience, atMs) =>
    audience.routes.filter(({ mute }) => mute && windows.get(mute)!.some((isOpen) => isOpen(atMs)));
}
