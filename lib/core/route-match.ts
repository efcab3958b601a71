import type { GatherRule, GroupRule, Route } from './catalog.ts';
import type { Escalation } from './escalation.ts';

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

/** What the routes that want an event ask for; each destination is named once, where it is heard if any of them may be. */
export function matchesOf(routes: readonly Route[], muted: readonly Route[]): RouteMatch[] {
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
