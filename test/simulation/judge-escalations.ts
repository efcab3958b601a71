import type { Route } from '../../lib/core/catalog.ts';
import { type EscalationState, incidentOf, isEnd, plannedSteps } from '../../lib/core/escalation.ts';
import type { Event } from '../../lib/core/event.ts';
import { escalationIn } from '../../lib/stores/escalations.ts';
import { happenedMs } from '../../lib/core/incident.ts';
import { fromAttributes } from '../../lib/stores/table.ts';
import { type Acknowledged, PAGES } from './escalations.ts';
import { TABLES } from './functions.ts';
import { heldBy, listedBy } from './ledger-view.ts';
import type { DynamoModel } from './model/dynamo.ts';
import type { Attributes } from './model/values.ts';
import type { Scenario } from './scenario.ts';
import type { Violate } from './violation.ts';

/** A worker that read how an incident stands may take so long, and stand still, before it writes what follows. */
const UNDER_WAY_MS = 60_000;
const MAX_SKEW_MS = 2_000;

interface Told {
  readonly tenant: string;
  readonly event: Event;
  /** Whom it reaches, at once or when a window closes. */
  readonly destinations: readonly string[];
  readonly atOnce: ReadonlySet<string>;
  /** When that was written down, epoch ms. */
  readonly atMs: number;
}

/**
 * Whoever was to be told of what nobody took care of was told, each once in each round, and nobody after somebody took
 * care; and whom a step has told hears of the end. Answers how many steps were taken.
 */
export function judgeEscalations(
  { tenants }: Scenario,
  acknowledged: readonly Acknowledged[],
  dynamo: DynamoModel,
  violate: Violate,
): number {
  const items = dynamo.items(TABLES.ledger);
  const incidents = items.flatMap(incidentIn);
  if (incidents.length === 0) return 0;
  const told = toldIn(items);
  const steps = told.filter(({ event, destinations }) => event.escalates && destinations.length > 0);
  for (const { tenant, incident, state } of incidents) {
    const name = `${tenant} ${incident}`;
    const own = steps.filter(
      ({ tenant: owner, event: { escalates } }) =>
        owner === tenant && escalates!.incident === incident && escalates!.opener === state.opener,
    );
    const escalation = pagesOf(tenants, tenant)?.escalate;
    const wanted = escalation ? plannedSteps(PAGES, escalation, 0) : [];
    if (state.state === 'open' && !state.spent) violate('stuck', `${name} has steps that nobody takes`);
    if (state.state === 'open' && state.spent && own.length !== wanted.length)
      violate('lost', `${name}: ${own.length} of ${wanted.length} steps were taken`);
    if (state.state === 'over') judgeEnd({ tenant, incident }, own, told, violate);
    judgeState({ tenant, incident, state }, told, pagesOf(tenants, tenant)?.destinations ?? [], violate);
  }
  for (const { tenant, incident, opener, atMs } of acknowledged)
    for (const step of steps)
      if (
        step.tenant === tenant &&
        step.event.escalates!.incident === incident &&
        step.event.escalates!.opener === opener &&
        // What was taken before may have been sent, and goes its way.
        Date.parse(step.event.scheduledAt ?? '') > atMs + MAX_SKEW_MS &&
        step.atMs > atMs + UNDER_WAY_MS
      )
        violate(
          'unheeded',
          `${step.event.id} was told ${step.atMs - atMs} ms after ${incident} was acknowledged`,
        );
  return steps.length;
}

function pagesOf(tenants: Scenario['tenants'], tenant: string): Route | undefined {
  return tenants.find(({ id }) => id === tenant)?.routes.find(({ id }) => id === PAGES);
}

/** What an incident is in the end follows from what happened last, in whatever order that was heard of. */
function judgeState(
  {
    tenant,
    incident,
    state,
  }: { readonly tenant: string; readonly incident: string; readonly state: EscalationState },
  told: readonly Told[],
  paged: readonly string[],
  violate: Violate,
): void {
  const known = told.filter(
    (one) => one.tenant === tenant && !one.event.to && one.atMs > 0 && incidentOf(one.event) === incident,
  );
  const { began = Infinity, resolvedAt = Infinity } = state;
  for (const { event, atOnce } of known) {
    const atMs = happenedMs(event, Infinity);
    if (isEnd(event) && state.state !== 'over' && atMs >= began)
      violate('unheeded', `${tenant} ${incident} is ${state.state}, and ended by ${event.id}`);
    if (!isEnd(event) && state.state === 'over' && atMs > resolvedAt && paged.every((id) => atOnce.has(id)))
      violate('lost', `${tenant} ${incident} is over, and began again by ${event.id}`);
  }
}

/** Whom steps have told hears of the end. */
function judgeEnd(
  { tenant, incident }: { readonly tenant: string; readonly incident: string },
  steps: readonly Told[],
  told: readonly Told[],
  violate: Violate,
): void {
  const ends = told.filter(
    (one) => one.tenant === tenant && isEnd(one.event) && incidentOf(one.event) === incident,
  );
  const heard = new Set(ends.flatMap(({ destinations }) => destinations));
  for (const destination of new Set(steps.flatMap(({ destinations }) => destinations)))
    if (!heard.has(destination))
      violate('lost', `${destination} was told of ${incident}, and not of its end`);
}

function incidentIn(item: Attributes): { tenant: string; incident: string; state: EscalationState }[] {
  const [, tenant, incident] = /^T#([^#]+)#N#(.+)$/.exec(item['pk']?.S ?? '') ?? [];
  if (item['sk']?.S !== 'escalation' || tenant === undefined || incident === undefined) return [];
  return [{ tenant, incident, state: escalationIn(fromAttributes(item)) }];
}

/** Every event of a record that says what it is, with whom its fan-out records list. */
function toldIn(items: readonly Attributes[]): Told[] {
  const lists = new Map<string, { all: Set<string>; atOnce: Set<string>; atMs: number }>();
  for (const item of items) {
    const [listed, held] = [listedBy(item), heldBy(item)];
    for (const one of [...listed, ...held]) {
      const name = `T#${one.tenant}#E#${one.event}`;
      const known = lists.get(name) ?? { all: new Set(), atOnce: new Set(), atMs: Number(item['at']?.N) };
      known.all.add(one.destination);
      if (!held.includes(one)) known.atOnce.add(one.destination);
      lists.set(name, known);
    }
  }
  return items.flatMap(({ pk, sk, body }): Told[] => {
    const [, tenant = ''] = /^T#([^#]+)#E#/.exec(pk?.S ?? '') ?? [];
    if (sk?.S !== 'event' || body?.S === undefined) return [];
    const { all = [], atOnce = new Set<string>(), atMs = 0 } = lists.get(pk?.S ?? '') ?? {};
    return [{ tenant, event: JSON.parse(body.S) as Event, destinations: [...all], atOnce, atMs }];
  });
}
