import { isEnd } from '../../core/escalation.ts';
import type { Event } from '../../core/event.ts';
import { forEach } from '../each.ts';
import {
  type Candidate,
  type EscalateDeps as EscalationDeps,
  escalateEvents,
  escalationsOf,
} from '../escalate.ts';
import type { ContestDeps } from './contest.ts';
import type { Routed } from './route.ts';

export interface EscalateDeps
  extends Pick<EscalationDeps, 'escalations'>, Pick<ContestDeps, 'events' | 'now' | 'telemetry'> {}

/**
 * Opens and ends the incidents of routes that escalate. Packs of which that is not known are left out: they come
 * again, before anything of them was sent.
 */
export async function escalate(routed: readonly Routed[], deps: EscalateDeps): Promise<Routed[]> {
  const step = async (one: Routed): Promise<Routed[]> => ((await escalateOne(one, deps)) ? [one] : []);
  return (await forEach(routed, step, 'incidents cannot be written', deps)).flat();
}

async function escalateOne(routed: Routed, deps: EscalateDeps): Promise<boolean> {
  const { pack, catalog } = routed;
  const steps = pack.items.filter(({ escalates }) => escalates);
  const isEscalating = escalationsOf(catalog).size > 0;
  if (steps.length === 0 && !isEscalating) return true;
  const candidates = pack.items
    .filter(({ to }) => !to)
    .map((event): Candidate => ({ event, routes: routesOf(event, routed) }))
    .filter(({ event, routes }) => routes.length > 0 || (isEnd(event) && event.dedupeKey !== undefined));
  return escalateEvents(pack.tenant, { candidates, steps }, catalog, deps);
}

/** The routes that escalate an event. What a rule keeps from all of a route's destinations wakes nobody else. */
function routesOf({ id }: Event, { matches, fanOuts }: Routed): string[] {
  const kept = new Set(
    fanOuts
      .flatMap(({ suppressed }) => suppressed?.get(id) ?? [])
      .flatMap(({ destinations }) => destinations),
  );
  return (matches.get(id) ?? []).flatMap(({ route, escalate: wanted, group, destinations }) => {
    const isKept = destinations.length > 0 && destinations.every((one) => kept.has(one));
    // A group escalates when it is told.
    return wanted && route && !group && !isKept ? [route] : [];
  });
}
