import { type AlertState, firingIn } from '../../core/alert-state.ts';
import type { Catalog } from '../../core/catalog.ts';
import { isEnd, plannedSteps } from '../../core/escalation.ts';
import { completeEvent } from '../../core/event-input.ts';
import type { Event } from '../../core/event.ts';
import { parseExplainInput } from '../../core/explain-input.ts';
import { explainRoutes, wordsOf } from '../../core/explain-routes.ts';
import { isoTime } from '../../core/iso-time.ts';
import { type Pause, OPERATOR } from '../../core/pause.ts';
import { priorityOf } from '../../core/priority.ts';
import { rulesAt } from '../../core/rules.ts';
import { holdOf } from '../../core/schedule.ts';
import { compileUrgency } from '../../core/urgency.ts';
import { type RecipientDeps, findDestination, matchAll } from '../recipients.ts';
import { checkTemplate } from './check-template.ts';
import { jsonBody, notFound, refusal, type Step } from './endpoint.ts';
import { type CountForDeps, countFor } from './count-for.ts';
import { deliveriesOf } from './explain-deliveries.ts';
import { type SendingDeps, sendingOf } from './sending.ts';

export interface ExplainDeps extends SendingDeps, CountForDeps, RecipientDeps {
  /** The tenant's catalog as it stands. */
  readonly catalog: (tenant: string) => Promise<Catalog>;
  readonly alerts: { readonly list: (tenant: string) => Promise<readonly AlertState[]> };
  readonly pauses: { readonly list: (tenant: string) => Promise<readonly Pause[]> };
  /** An event that was posted. */
  readonly findBody: (tenant: string, id: string) => Promise<Event | undefined>;
  /** Epoch ms. */
  readonly now: () => number;
}

/** Says what would become of an event now, or at a time, and why: by the rules that the fan-out goes by. */
export function explain(deps: ExplainDeps): Step {
  return async (call) => {
    const { tenant } = call.caller;
    const parsed = parseExplainInput(jsonBody(call), deps.now());
    if (!parsed.ok) throw refusal(parsed.issues);
    const { of, template } = parsed.value;
    const issues = template ? checkTemplate(template, deps) : [];
    if (issues.length > 0) throw refusal(issues);
    const nowMs = deps.now();
    const [catalog, own, all, posted] = await Promise.all([
      deps.catalog(tenant),
      deps.pauses.list(tenant),
      deps.pauses.list(OPERATOR),
      'eventId' in of ? deps.findBody(tenant, of.eventId) : undefined,
    ]);
    const event =
      'draft' in of ? completeEvent(of.draft, 'explained', nowMs, compileUrgency(catalog.topics)) : posted;
    if (!event) throw notFound();
    const atMs = parsed.value.atMs ?? holdOf(event, nowMs)?.untilMs ?? nowMs;
    const states = catalog.inhibitions.length === 0 ? [] : await deps.alerts.list(tenant);
    const routes = explainRoutes(catalog.routes, event);
    const rules = rulesAt(catalog, atMs);
    const matches = (await matchAll(tenant, [event], catalog, rules, deps)).get(event.id) ?? [];
    const found = matches
      .flatMap(({ destinations }) => destinations)
      .map(async (id) => {
        return [id, await findDestination(tenant, id, catalog, deps)] as const;
      });
    const destinations = new Map(await Promise.all(found));
    const known = {
      catalog,
      matches,
      destinations,
      firing: firingIn(states, nowMs),
      pauses: [...own, ...all],
      channels: deps.channels,
      template: template && { ...template.body, id: template.id },
    };
    const deliveries = await deliveriesOf(event, atMs, known, countFor({ tenant, catalog, atMs }, deps));
    return {
      status: 200,
      body: {
        at: isoTime(atMs),
        topic: event.topic,
        priority: priorityOf(event),
        lane: event.lane,
        routes: routes.map((one) =>
          one.verdict === 'notMatched' ? Object.assign({}, one, { words: wordsOf(one.why) }) : one,
        ),
        ...(deliveries.length === 0 && { noRoute: true }),
        ...escalationOf(event, catalog, atMs),
        deliveries: await Promise.all(
          deliveries.map(async ({ ...one }) => {
            const { notification } = one;
            const destination = destinations.get(one.destination);
            if (one.state !== 'pending' || !notification || !destination) return one;
            const sending = await sendingOf({ tenant, destination, notification, atMs }, catalog, deps);
            return Object.assign(one, sending);
          }),
        ),
      },
    };
  };
}

/** Whom the routes that want it would tell next, were it not acknowledged. */
function escalationOf(event: Event, catalog: Catalog, atMs: number): object {
  const planned = isEnd(event)
    ? []
    : rulesAt(catalog, atMs)
        .matchesOf(event)
        .flatMap(({ route, escalate }) => (route && escalate ? plannedSteps(route, escalate, atMs) : []));
  return planned.length > 0 ? { escalation: planned } : {};
}
