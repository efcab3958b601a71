import type { Channel } from '../../channel.ts';
import { type AlertState, firingIn } from '../../core/alert-state.ts';
import { type Catalog, type Destination, limitsOf } from '../../core/catalog.ts';
import { INBOX, isInbox } from '../../core/destination-id.ts';
import { isEnd, plannedSteps } from '../../core/escalation.ts';
import { completeEvent } from '../../core/event-input.ts';
import type { Event } from '../../core/event.ts';
import { parseExplainInput } from '../../core/explain-input.ts';
import { explainRoutes, wordsOf } from '../../core/explain-routes.ts';
import { planFanOuts } from '../../core/fan-out.ts';
import { heldReason } from '../../core/group-window.ts';
import { reasonOf, ruleIds } from '../../core/hush.ts';
import { isoTime } from '../../core/iso-time.ts';
import type { Notification } from '../../core/notification.ts';
import { type Pause, OPERATOR, isPaused } from '../../core/pause.ts';
import { priorityOf } from '../../core/priority.ts';
import { render } from '../../core/render.ts';
import type { RouteMatch } from '../../core/route.ts';
import { type Rules, rulesAt } from '../../core/rules.ts';
import { holdOf } from '../../core/schedule.ts';
import { compileUrgency } from '../../core/urgency.ts';
import { templateOf } from '../fan-out/plan.ts';
import { type RecipientDeps, findDestination, matchAll } from '../recipients.ts';
import { jsonBody, notFound, refusal, type Step } from './endpoint.ts';
import { type CountFor, type CountForDeps, countFor } from './count-for.ts';
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
    const { of } = parsed.value;
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

interface Known extends Pick<ExplainDeps, 'channels'> {
  readonly catalog: Catalog;
  readonly matches: readonly RouteMatch[];
  readonly destinations: ReadonlyMap<string, Destination | undefined>;
  readonly pauses: readonly Pause[];
  /** Alerts that fire now, whatever the time that is asked about: of others nobody can know. */
  readonly firing: readonly Event[];
}

/** One delivery and what becomes of it, with all that its state has to say. */
interface Explained {
  readonly destination: string;
  readonly state: string;
  readonly notification?: Notification;
}

async function deliveriesOf(event: Event, atMs: number, known: Known, count: CountFor): Promise<Explained[]> {
  const rules = rulesAt(known.catalog, atMs, { firing: known.firing, pack: [event] });
  const { matches } = known;
  const pack = { v: 1, kind: 'events', tenant: '', pack: '', items: [event] } as const;
  const planned = planFanOuts(pack, { ...rules, matchesOf: () => matches });
  const { fanOut, countsOf } = await count(pack, planned);
  const mode = rules.modeFor(event.topic) ?? 'atLeastOnce';
  const heard = fanOut?.destinations.get(event.id) ?? [];
  const held = fanOut?.held?.get(event.id) ?? [];
  const kept = fanOut?.suppressed?.get(event.id) ?? [];
  return [
    ...heard.map((id) =>
      Object.assign(fateOf(event, id, atMs, known), { mode }, countsOf(id), contentOf(event, id, known)),
    ),
    ...held.map((id) => {
      const fate = fateOf(event, id, atMs, known);
      const waits = fate.state === 'discarded' ? {} : waitOf(event, id, atMs, matches, rules);
      return Object.assign(fate, waits, { mode }, contentOf(event, id, known));
    }),
    ...kept.flatMap((group) =>
      group.destinations.map((destination) => ({
        destination,
        state: 'discarded',
        reason: reasonOf(group),
        by: ruleIds(group),
      })),
    ),
  ];
}

/** What it would wait for, and until when, as the first of its window. */
function waitOf(
  event: Event,
  id: string,
  atMs: number,
  matches: readonly RouteMatch[],
  rules: Rules,
): object {
  const match = matches.find(({ destinations }) => destinations.includes(id));
  const hold = match && rules.holdOf('', event, match, id);
  if (!hold) return {};
  const { kind, rule, values, closesAt } = hold;
  return {
    state: 'held',
    reason: heldReason(kind),
    by: [rule],
    group: values,
    until: isoTime(closesAt(atMs)),
  };
}

/** What deliver would do with it, as far as rules decide. */
function fateOf(event: Event, id: string, atMs: number, { catalog, destinations, pauses, channels }: Known) {
  const isExpired = event.expiresAt !== undefined && Date.parse(event.expiresAt) <= atMs;
  if (isInbox(id) && !isExpired) return { destination: id, channel: INBOX, state: 'delivered' };
  if (isInbox(id)) return { destination: id, channel: INBOX, state: 'discarded', reason: 'expired' };
  const destination = destinations.get(id);
  const common = { destination: id, ...(destination && { channel: destination.channel }) };
  if (!destination || !channels.has(destination.channel))
    return { ...common, state: 'discarded', reason: 'destinationDeleted' };
  if (!destination.enabled) {
    const reason = destination.disabledReason === 'gone' ? 'gone' : 'disabled';
    return { ...common, state: 'discarded', reason };
  }
  if (isExpired) return { ...common, state: 'discarded', reason: 'expired' };
  if (isPaused(pauses, { id, channel: destination.channel }))
    return { ...common, state: 'held', reason: 'paused' };
  return {
    ...common,
    state: 'pending',
    limits: ratesOf(id, destination.rate, channels.get(destination.channel), catalog),
  };
}

/** The rates that it keeps to, by their names. */
function ratesOf(id: string, own: unknown, channel: Channel | undefined, catalog: Catalog): object {
  return {
    ...((own ?? channel?.rate) !== undefined && { destination: own ?? channel?.rate }),
    ...Object.fromEntries((channel?.scopeNames ?? []).map(({ name, ...rate }) => [name, rate])),
    ...Object.fromEntries(limitsOf(catalog, id).map((limit) => [`limit ${limit.id}`, limit.rate])),
  };
}

function contentOf(event: Event, id: string, { catalog, matches, destinations, channels }: Known) {
  const match = matches.find((one) => one.destinations.includes(id));
  const name = isInbox(id) ? INBOX : destinations.get(id)?.channel;
  const template = templateOf(matches, id, name, catalog);
  const channel = channels.get(name ?? '');
  return {
    ...(match?.route !== undefined && { route: match.route }),
    ...(match?.template !== undefined && { template: match.template }),
    notification: render(event, template, channel?.payload),
  };
}
