import type { Catalog } from '../core/catalog.ts';
import { DIGEST_TOPIC } from '../core/digest.ts';
import {
  BEFORE_FIRST,
  endEvent,
  type Escalates,
  type Escalation,
  type EscalationMove,
  type EscalationState,
  type Move,
  incidentOf,
  isEnd,
  moveOf,
  nextStep,
  stepEvent,
} from '../core/escalation.ts';
import type { Event } from '../core/event.ts';
import { happenedMs } from '../core/incident.ts';
import { isoTime } from '../core/iso-time.ts';
import type { Kept, RecordWrite } from '../core/event-record.ts';
import { flattenRoutes } from '../core/route-tree.ts';
import type { Written } from '../core/written.ts';

export interface EscalateDeps {
  readonly escalations: {
    readonly read: (
      tenant: string,
      incidents: readonly string[],
    ) => Promise<ReadonlyMap<string, EscalationState>>;
    readonly move: (tenant: string, moves: readonly EscalationMove[]) => Promise<readonly Written[]>;
    readonly note: (
      tenant: string,
      incident: string,
      destinations: readonly string[],
    ) => Promise<EscalationState | undefined>;
    readonly exhaust: (tenant: string, incident: string, opener: string) => Promise<readonly Written[]>;
  };
  readonly events: {
    readonly write: (tenant: string, writes: readonly RecordWrite[]) => Promise<Kept>;
  };
  readonly now: () => number;
}

/** An event that begins or ends an incident, and the routes that escalate it. */
export interface Candidate {
  readonly event: Event;
  readonly routes: readonly string[];
}

interface Concerned {
  readonly candidates: readonly Candidate[];
  /** Events of steps that are taken now. */
  readonly steps: readonly Event[];
}

/**
 * Opens and ends incidents, and schedules the next step of each: an event of its own, held like any that is scheduled,
 * that is cancelled when its incident is open no more. Everything has an id that follows from the event, so that a
 * second run finds what the first has done. Answers whether all of that is known to be written.
 */
export async function escalateEvents(
  tenant: string,
  { candidates, steps }: Concerned,
  catalog: Catalog,
  deps: EscalateDeps,
): Promise<boolean> {
  const moved = await moveIncidents(tenant, candidates, deps);
  if (!moved) return false;
  const { opened, ends } = moved;
  const late = await noteTold(tenant, steps, deps);
  const planned = [...opened, ...steps.map((event) => [event, event.escalates!] as const)].flatMap(
    ([event, at]) => planOf(event, at, catalog, deps.now()),
  );
  const ended = planned.flatMap((one) => ('exhausted' in one ? [one.exhausted] : []));
  const next = planned.flatMap((one) => ('event' in one ? [one.event] : []));
  const events = [...next, ...ends, ...late];
  const kept = events.length === 0 ? [] : await deps.events.write(tenant, events.map(recordOf(deps.now())));
  const over = await Promise.all(
    ended.map(({ incident, opener }) => deps.escalations.exhaust(tenant, incident, opener)),
  );
  return !kept.includes(undefined) && over.flat().every(({ kind }) => kind !== 'unknown');
}

type Opened = readonly [Event, Escalates];

interface Moved {
  /** Those that opened an incident, by route. */
  readonly opened: Opened[];
  /** What tells those of the end whom steps have told. */
  readonly ends: Event[];
}

/** Writes what events mean for their incidents; `undefined`: not known. */
async function moveIncidents(
  tenant: string,
  candidates: readonly Candidate[],
  deps: EscalateDeps,
): Promise<Moved | undefined> {
  if (candidates.length === 0) return { opened: [], ends: [] };
  const byIncident = Map.groupBy(candidates, ({ event }) => incidentOf(event));
  const known = await deps.escalations.read(tenant, [...byIncident.keys()]);
  const moved = await Promise.all(
    [...byIncident].map(([incident, own]) => moveOne({ tenant, incident }, own, known.get(incident), deps)),
  );
  if (moved.includes(undefined)) return undefined;
  return {
    opened: moved.flatMap((one) => one?.opened ?? []),
    ends: moved.flatMap((one) => one?.ends ?? []),
  };
}

/** One after the other: a pack may hold the begin and the end of the same. */
async function moveOne(
  { tenant, incident }: { readonly tenant: string; readonly incident: string },
  candidates: readonly Candidate[],
  first: EscalationState | undefined,
  deps: Pick<EscalateDeps, 'escalations' | 'now'>,
): Promise<Moved | undefined> {
  let known = first;
  const opened: Opened[] = [];
  const ends: Event[] = [];
  for (const [index, { event, routes }] of candidates.entries()) {
    const next = candidates[index + 1]?.event;
    // Of a row of news the last is enough.
    if (next && moveOf(event, known, deps.now()).kind === 'again' && isNewer(next, event, deps.now()))
      continue;
    const result = await decide({ tenant, incident }, { event, routes }, known, deps);
    if (!result) return undefined;
    const { move } = result;
    known = result.known;
    if (move.kind === 'end' || move.kind === 'ended') {
      const { opener = event.id, told = [] } = known ?? {};
      if (told.length > 0) ends.push(endEvent(event, { opener, incident, told }, deps.now()));
    }
    if (move.kind === 'open' || move.kind === 'opened')
      for (const route of routes)
        opened.push([event, { opener: event.id, incident, route, ...BEFORE_FIRST }]);
  }
  return { opened, ends };
}

function isNewer(one: Event, other: Event, nowMs: number): boolean {
  return !isEnd(one) && happenedMs(one, nowMs) >= happenedMs(other, nowMs);
}

/** Of an incident that is told again and again, several packs write at a time: who was slower decides anew. */
const TRIES = 8;

interface Decided {
  readonly move: Move;
  readonly known: EscalationState | undefined;
}

/** Writes what an event means for its incident, as that stands then; `undefined`: not known. */
async function decide(
  { tenant, incident }: { readonly tenant: string; readonly incident: string },
  { event, routes }: Candidate,
  first: EscalationState | undefined,
  { escalations, now }: Pick<EscalateDeps, 'escalations' | 'now'>,
): Promise<Decided | undefined> {
  let known = first;
  for (let tries = 0; tries < TRIES; tries++) {
    const move = moveOf(event, known, now());
    // The end of what nobody escalates is nothing to keep.
    const isNothing = move.kind === 'end' && !move.replaces && routes.length === 0;
    if (isNothing || !('replaces' in move)) return { move: isNothing ? { kind: 'none' } : move, known };
    const times = { atMs: happenedMs(event, now()), raisedMs: Date.parse(event.time) };
    const [written] = await escalations.move(tenant, [{ incident, move, event: event.id, ...times }]);
    if (written === undefined || written.kind === 'unknown') return undefined;
    known = (await escalations.read(tenant, [incident])).get(incident);
    if (written.kind === 'written') return { move, known };
  }
  return undefined;
}

/** Notes whom steps tell; answers what tells them of an end that came meanwhile. */
async function noteTold(
  tenant: string,
  steps: readonly Event[],
  { escalations, now }: EscalateDeps,
): Promise<Event[]> {
  const byIncident = Map.groupBy(steps, ({ escalates }) => escalates!.incident);
  const ends = await Promise.all(
    [...byIncident].map(async ([incident, own]) => {
      const known = await escalations.note(
        tenant,
        incident,
        own.flatMap(({ to = [] }) => to),
      );
      if (known && (known.state !== 'over' || known.resolvedAt === undefined)) return [];
      return own.map(({ to: told = [], escalates, ...event }) => {
        // It says when that was: what has begun since is not ended by it.
        const data = known ? { ...event.data, endsAt: isoTime(known.resolvedAt!) } : event.data;
        return endEvent({ ...event, data }, { opener: escalates!.opener, incident, told }, now());
      });
    }),
  );
  return ends.flat();
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
    // Its own time may lie so far behind that no sweep would come by it.
    hold: { untilMs: Date.parse(event.scheduledAt ?? event.time), by: 'timers' },
  });
}

/** Whether an event is what a route tells of a group that it escalates. */
export function tellsOfEscalated({ topic, data }: Pick<Event, 'topic' | 'data'>, catalog: Catalog): boolean {
  return (
    topic === DIGEST_TOPIC && data['kind'] === 'group' && escalationsOf(catalog).has(String(data['rule']))
  );
}

type Escalations = ReadonlyMap<string, Escalation>;
const found = new WeakMap<Catalog, Escalations>();

/** What the routes of a catalog escalate to, by their ids; found once per snapshot. */
export function escalationsOf(catalog: Catalog): Escalations {
  const known = found.get(catalog);
  if (known) return known;
  const escalations = new Map(
    flattenRoutes(catalog.routes).flatMap(({ route: { id, escalate } }) =>
      escalate ? [[id, escalate] as const] : [],
    ),
  );
  found.set(catalog, escalations);
  return escalations;
}
