import { type AlertState, eventOf, isFiring } from '../../core/alert-state.ts';
import { parseFilter, parseReceiver } from '../../core/alertmanager-input.ts';
import { type AlertFate, alertView, groupLabels } from '../../core/alertmanager-view.ts';
import { canonicalJson } from '../../core/canonical.ts';
import type { Catalog } from '../../core/catalog.ts';
import type { DiscardReason } from '../../core/delivery.ts';
import type { Event } from '../../core/event.ts';
import { planFanOuts } from '../../core/fan-out.ts';
import { reasonOf, ruleIds } from '../../core/hush.ts';
import type { RouteMatch } from '../../core/route.ts';
import { rulesAt } from '../../core/rules.ts';
import { matchAll } from '../recipients.ts';
import { type AlertmanagerDeps, parsed } from './alertmanager.ts';
import { type Call, refusal, type Step } from './endpoint.ts';

/* Alerts as Alertmanager's interface shows them. */

interface Fate extends AlertFate {
  readonly matches: readonly RouteMatch[];
}

interface Found {
  readonly state: AlertState;
  readonly event: Event;
  readonly fate: Fate;
}

/** `GET /api/v2/alerts`: what fires now, and whether anybody hears of it. */
export function listAlerts(deps: AlertmanagerDeps): Step {
  return async (call) => {
    const found = await findAlerts(call, deps);
    return { status: 200, body: found.map(({ state, fate }) => alertView(state, fate)) };
  };
}

/**
 * `GET /api/v2/alerts/groups`: the same, as each receiver is told of it: by the `group` of its route, else one by one,
 * which Alertmanager calls grouped by all labels.
 */
export function listAlertGroups(deps: AlertmanagerDeps): Step {
  return async (call) => {
    const isFor = receiverTest(call.query);
    const found = await findAlerts(call, deps);
    const members = found.flatMap(({ state, event, fate }) =>
      fate.receivers.filter(isFor).map((receiver) => {
        const match = fate.matches.find(({ destinations }) => destinations.includes(receiver));
        const labels = groupLabels(event, state.alert.labels, match?.group?.by);
        return { receiver, labels, key: canonicalJson([labels, receiver]), alert: alertView(state, fate) };
      }),
    );
    const groups = [...Map.groupBy(members, ({ key }) => key)].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return {
      status: 200,
      body: groups.map(([, [first, ...rest]]) => ({
        labels: first!.labels,
        receiver: { name: first!.receiver },
        alerts: [first!, ...rest].map(({ alert }) => alert),
      })),
    };
  };
}

async function findAlerts(
  { caller: { tenant }, query }: Pick<Call, 'caller' | 'query'>,
  deps: AlertmanagerDeps,
): Promise<Found[]> {
  const nowMs = deps.now();
  const isWanted = wantedBy(query);
  const [states, catalog, silences] = await Promise.all([
    deps.alerts.list(tenant),
    deps.catalog(tenant),
    deps.silences.list(tenant),
  ]);
  const alerts = states
    .filter((state) => isFiring(state, nowMs))
    .toSorted((a, b) => (a.alert.fingerprint < b.alert.fingerprint ? -1 : 1))
    .map((state) => ({ state, event: eventOf(state, nowMs) }));
  const events = alerts.map(({ event }) => event);
  const fateOf = await fates(tenant, events, { ...catalog, silences }, deps);
  return alerts
    .map(({ state, event }) => ({ state, event, fate: fateOf(event) }))
    .filter(({ state, fate }) => isWanted(state, fate));
}

/** What the rules make of the alerts that fire, as the fan-out would have it. */
async function fates(
  tenant: string,
  firing: readonly Event[],
  catalog: Catalog,
  deps: AlertmanagerDeps,
): Promise<(event: Event) => Fate> {
  const rules = rulesAt(catalog, deps.now(), { firing, pack: [] });
  const matches = await matchAll(tenant, firing, catalog, rules, deps);
  return (event) => {
    const matchesOf = () => matches.get(event.id) ?? [];
    const pack = { v: 1, kind: 'events', tenant, pack: '', items: [event] } as const;
    const [fanOut] = planFanOuts(pack, { ...rules, matchesOf });
    const heard = [
      ...(fanOut?.destinations.get(event.id) ?? []),
      // Told together with others, a little later.
      ...(fanOut?.held?.get(event.id) ?? []),
    ];
    const kept = fanOut?.suppressed?.get(event.id) ?? [];
    const rulesOf = (reason: DiscardReason) =>
      kept.filter((one) => reasonOf(one) === reason).flatMap(ruleIds);
    return {
      matches: matchesOf(),
      receivers: [...heard, ...kept.flatMap(({ destinations }) => destinations)],
      silencedBy: rulesOf('silenced'),
      inhibitedBy: rulesOf('inhibited'),
      isSuppressed: kept.length > 0 && heard.length === 0,
    };
  };
}

type Wants = (state: AlertState, fate: AlertFate) => boolean;

/** What a query asks for; one that nobody hears of is silenced or inhibited, and not active. */
function wantedBy(query: URLSearchParams): Wants {
  const fits = parsed(parseFilter(query.getAll('filter')));
  const isFor = receiverTest(query);
  const [active, silenced, inhibited] = ['active', 'silenced', 'inhibited'].map((name) =>
    flagOf(query, name),
  );
  return ({ alert }, { receivers, silencedBy, inhibitedBy, isSuppressed }) =>
    fits(alert.labels) &&
    receivers.some(isFor) &&
    (isSuppressed
      ? (silenced === true || silencedBy.length === 0) && (inhibited === true || inhibitedBy.length === 0)
      : active === true);
}

/** Which receivers a query asks for. */
function receiverTest(query: URLSearchParams): (name: string) => boolean {
  const receiver = query.get('receiver');
  return receiver === null ? () => true : parsed(parseReceiver(receiver));
}

/** Absent is true. */
function flagOf(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? 'true';
  if (text === 'true' || text === 'false') return text === 'true';
  throw refusal([{ pointer: '', code: 'invalid', detail: `write ${name}=true or ${name}=false` }]);
}
