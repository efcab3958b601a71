import type { Catalog } from '../../core/catalog.ts';
import {
  BEFORE_FIRST,
  type Escalates,
  type EscalationState,
  type EscalationMove,
  incidentOf,
  isEnd,
  moveOf,
  nextStep,
  stepEvent,
} from '../../core/escalation.ts';
import type { Event } from '../../core/event.ts';
import type { RecordWrite } from '../../core/event-record.ts';
import { flattenRoutes } from '../../core/route-tree.ts';
import type { Written } from '../../core/written.ts';
import { forEach } from '../each.ts';
import type { ContestDeps } from './contest.ts';
import type { Routed } from './route.ts';

export interface EscalateDeps extends Pick<ContestDeps, 'events' | 'now' | 'telemetry'> {
  readonly escalations: {
    readonly read: (
      tenant: string,
      incidents: readonly string[],
    ) => Promise<ReadonlyMap<string, EscalationState>>;
    readonly move: (tenant: string, moves: readonly EscalationMove[]) => Promise<readonly Written[]>;
    readonly exhaust: (tenant: string, incident: string, opener: string) => Promise<readonly Written[]>;
  };
}

/**
 * Opens and ends the incidents of routes that escalate, and schedules the next step of each: an event of its own, held
 * like any that is scheduled, that is cancelled when its incident is open no more. Everything has an id that follows
 * from the event, so that a second run finds what the first has done. Packs of which that is not known are left out:
 * they come again, before anything of them was sent.
 */
export async function escalate(routed: readonly Routed[], deps: EscalateDeps): Promise<Routed[]> {
  return (await forEach(routed, (one) => escalateOne(one, deps), 'incidents cannot be written', deps)).flat();
}

async function escalateOne(routed: Routed, deps: EscalateDeps): Promise<Routed[]> {
  const { pack, catalog } = routed;
  const steps = pack.items.filter(({ escalates }) => escalates);
  if (steps.length === 0 && !isEscalating(catalog)) return [routed];
  const opened = await moveIncidents(routed, deps);
  if (!opened) return [];
  const planned = [...opened, ...steps.map((event) => [event, event.escalates!] as const)].flatMap(
    ([event, at]) => planOf(event, at, catalog, deps.now()),
  );
  const ended = planned.flatMap((one) => ('exhausted' in one ? [one.exhausted] : []));
  const next = planned.flatMap((one) => ('event' in one ? [one.event] : []));
  const kept = next.length === 0 ? [] : await deps.events.write(pack.tenant, next.map(recordOf(deps.now())));
  const over = await Promise.all(
    ended.map(({ incident, opener }) => deps.escalations.exhaust(pack.tenant, incident, opener)),
  );
  const isKnown = !kept.includes(undefined) && over.flat().every(({ kind }) => kind !== 'unknown');
  return isKnown ? [routed] : [];
}

type Opened = readonly [Event, Escalates];

/** Writes what events mean for their incidents; answers the ones that opened some, by route; `undefined`: not known. */
async function moveIncidents(
  { pack, matches, fanOuts }: Routed,
  { escalations, now }: EscalateDeps,
): Promise<Opened[] | undefined> {
  const routesOf = ({ id }: Event): string[] => {
    const kept = new Set(
      fanOuts
        .flatMap(({ suppressed }) => suppressed?.get(id) ?? [])
        .flatMap(({ destinations }) => destinations),
    );
    // What a rule keeps from all of a route's destinations is nothing to wake others for.
    return (matches.get(id) ?? []).flatMap(({ route, escalate: wanted, destinations }) =>
      wanted && route && !(destinations.length > 0 && destinations.every((one) => kept.has(one)))
        ? [route]
        : [],
    );
  };
  const concerned = pack.items.filter(
    (event) => !event.to && (routesOf(event).length > 0 || (isEnd(event) && event.dedupeKey !== undefined)),
  );
  if (concerned.length === 0) return [];
  const known = new Map(await escalations.read(pack.tenant, [...new Set(concerned.map(incidentOf))]));
  const opened: Opened[] = [];
  // One after the other: a pack may hold the begin and the end of the same.
  for (const event of concerned) {
    const incident = incidentOf(event);
    const move = moveOf(event, known.get(incident), now());
    if (move.kind === 'none' || (move.kind === 'end' && !move.replaces && routesOf(event).length === 0))
      continue;
    if (move.kind !== 'opened') {
      const made = { incident, move, event: event.id, atMs: Date.parse(event.time) };
      const [written] = await escalations.move(pack.tenant, [made]);
      if (written?.kind !== 'written') return undefined;
      const again = (await escalations.read(pack.tenant, [incident])).get(incident);
      if (again) known.set(incident, again);
    }
    if (move.kind === 'end') continue;
    for (const route of routesOf(event))
      opened.push([event, { opener: event.id, incident, route, ...BEFORE_FIRST }]);
  }
  return opened;
}

type Planned = { readonly event: Event } | { readonly exhausted: Escalates };

/** What follows a step; a route that is gone or escalates no more has no further ones. */
function planOf(event: Event, at: Escalates, catalog: Catalog, nowMs: number): Planned[] {
  const wanted = escalationsOf(catalog).get(at.route);
  const next = wanted && nextStep(wanted, at);
  if (!next) return [{ exhausted: at }];
  return [{ event: stepEvent(event, { ...at, ...next }, wanted.steps[next.step]!, nowMs) }];
}

/** Held by the timers, however soon: its record is what brings it up. */
function recordOf(atMs: number) {
  return (event: Event): RecordWrite => ({
    kind: 'event',
    event,
    hash: event.id,
    pack: event.id,
    at: atMs,
    isAlert: false,
    isContested: false,
    hold: { untilMs: Date.parse(event.time), by: 'timers' },
  });
}

type Escalations = ReadonlyMap<string, NonNullable<Catalog['routes'][number]['escalate']>>;
const found = new WeakMap<Catalog, Escalations>();

/** The routes of a catalog that escalate, by their names. */
function escalationsOf(catalog: Catalog): Escalations {
  const known = found.get(catalog);
  if (known) return known;
  const escalations = new Map(
    flattenRoutes(catalog.routes).flatMap(({ route: { id, escalate: wanted } }) =>
      wanted ? [[id, wanted] as const] : [],
    ),
  );
  found.set(catalog, escalations);
  return escalations;
}

function isEscalating(catalog: Catalog): boolean {
  return escalationsOf(catalog).size > 0;
}
