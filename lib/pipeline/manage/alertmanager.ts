import { type AlertState, eventOf, isFiring } from '../../core/alert-state.ts';
import { parseFilter, parsePostableSilence, parseReceiver } from '../../core/alertmanager-input.ts';
import { type AlertFate, alertView, matchersOf, silenceView } from '../../core/alertmanager-view.ts';
import type { Catalog } from '../../core/catalog.ts';
import type { DiscardReason } from '../../core/delivery.ts';
import type { Event } from '../../core/event.ts';
import { planFanOuts } from '../../core/fan-out.ts';
import { reasonOf, ruleIds } from '../../core/hush.ts';
import type { Parsed } from '../../core/catalog-input.ts';
import { toId } from '../../core/id.ts';
import { isoTime } from '../../core/iso-time.ts';
import { rulesAt } from '../../core/rules.ts';
import { type Silence, silenceState } from '../../core/silence.ts';
import { type RecipientDeps, matchAll } from '../recipients.ts';
import { jsonBody, refusal, type Step } from './endpoint.ts';
import { type SilencesDeps, endSilence, findSilence, keepSilence } from './silences.ts';

/* Alertmanager's own interface, version 2, as `amtool` and dashboards ask it. */

export interface AlertmanagerDeps extends Omit<SilencesDeps, 'entries'>, RecipientDeps {
  readonly alerts: { readonly list: (tenant: string) => Promise<readonly AlertState[]> };
  /** The tenant's catalog as it stands. */
  readonly catalog: (tenant: string) => Promise<Catalog>;
  /** When this function began, epoch ms. */
  readonly startedAt: number;
}

/** `GET /api/v2/alerts`: what fires now, and whether anybody hears of it. */
export function listAlerts(deps: AlertmanagerDeps): Step {
  return async ({ caller: { tenant }, query }) => {
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
    const found = alerts
      .map(({ state, event }) => ({ state, fate: fateOf(event) }))
      .filter(({ state, fate }) => isWanted(state, fate));
    return { status: 200, body: found.map(({ state, fate }) => alertView(state, fate)) };
  };
}

/** What the rules make of the alerts that fire, as the fan-out would have it. */
async function fates(
  tenant: string,
  firing: readonly Event[],
  catalog: Catalog,
  deps: AlertmanagerDeps,
): Promise<(event: Event) => AlertFate> {
  const rules = rulesAt(catalog, deps.now(), { firing, pack: [] });
  const matches = await matchAll(tenant, firing, catalog, rules, deps);
  return (event) => {
    const matchesOf = () => matches.get(event.id) ?? [];
    const pack = { v: 1, kind: 'events', tenant, pack: '', items: [event] } as const;
    const [fanOut] = planFanOuts(pack, { ...rules, matchesOf });
    const heard = fanOut?.destinations.get(event.id) ?? [];
    const kept = fanOut?.suppressed?.get(event.id) ?? [];
    const rulesOf = (reason: DiscardReason) =>
      kept.filter((one) => reasonOf(one) === reason).flatMap(ruleIds);
    return {
      receivers: [...heard, ...kept.flatMap(({ destinations }) => destinations)],
      silencedBy: rulesOf('silenced'),
      inhibitedBy: rulesOf('inhibited'),
      isSuppressed: kept.length > 0 && heard.length === 0,
    };
  };
}

/** What a query asks for; one that nobody hears of is silenced or inhibited, and not active. */
function wantedBy(query: URLSearchParams): (state: AlertState, fate: AlertFate) => boolean {
  const fits = parsed(parseFilter(query.getAll('filter')));
  const receiver = query.get('receiver');
  const isFor = receiver === null ? undefined : parsed(parseReceiver(receiver));
  const [active, silenced, inhibited] = ['active', 'silenced', 'inhibited'].map((name) =>
    flagOf(query, name),
  );
  return ({ alert }, { receivers, silencedBy, inhibitedBy, isSuppressed }) =>
    fits(alert.labels) &&
    (isFor === undefined || receivers.some(isFor)) &&
    (isSuppressed
      ? (silenced === true || silencedBy.length === 0) && (inhibited === true || inhibitedBy.length === 0)
      : active === true);
}

/** Absent is true. */
function flagOf(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? 'true';
  if (text === 'true' || text === 'false') return text === 'true';
  throw refusal([{ pointer: '', code: 'invalid', detail: `write ${name}=true or ${name}=false` }]);
}

/** `GET /api/v2/silences` */
export function listApiSilences({ silences, now }: AlertmanagerDeps): Step {
  return async ({ caller: { tenant }, query }) => {
    const fits = parsed(parseFilter(query.getAll('filter')));
    const all = await silences.list(tenant);
    const found = all.filter((silence) => {
      const said = matchersOf(silence).map(({ name, value }) => [name, value] as const);
      return fits(Object.fromEntries(said));
    });
    return { status: 200, body: found.map((silence) => silenceView(silence, now())) };
  };
}

/** `GET /api/v2/silence/{id}` */
export function getApiSilence(deps: AlertmanagerDeps): Step {
  return async (call) => ({ status: 200, body: silenceView(await findSilence(call, deps), deps.now()) });
}

/** `POST /api/v2/silences`: a new one, or one in the place of the id it names. */
export function postApiSilence(deps: AlertmanagerDeps): Step {
  return async (call) => {
    const { tenant } = call.caller;
    const nowMs = deps.now();
    const { silence, replaces } = parsed(parsePostableSilence(jsonBody(call), nowMs));
    const before = replaces === undefined ? undefined : await findById(call, replaces, deps);
    const id = before && silenceState(before, nowMs) !== 'ended' ? before.id : toId(deps.random(12));
    await keepSilence(tenant, { ...silence, id, at: nowMs }, deps);
    return { status: 200, body: { silenceID: id } };
  };
}

async function findById(call: Parameters<Step>[0], id: string, deps: AlertmanagerDeps): Promise<Silence> {
  const silence = await findSilence({ ...call, params: { id } }, deps);
  if (silence.matchers) return silence;
  const detail = 'this silence was made by /v1/silences, and can be changed there, or ended here';
  throw refusal([{ pointer: '/id', code: 'invalid', detail }]);
}

/** `DELETE /api/v2/silence/{id}` */
export function endApiSilence(deps: AlertmanagerDeps): Step {
  const end = endSilence(deps);
  return async (call) => {
    await end(call);
    return { status: 200 };
  };
}

/** `GET /api/v2/receivers`: the destinations. */
export function listReceivers({ catalog }: AlertmanagerDeps): Step {
  return async ({ caller: { tenant } }) => {
    const { destinations } = await catalog(tenant);
    return { status: 200, body: [...destinations.keys()].map((name) => ({ name })) };
  };
}

/** The version of Alertmanager whose interface this is: `amtool` compares it with its own. */
const PLAYED = '0.25.0';

/** `GET /api/v2/status` */
export function getApiStatus({ startedAt }: AlertmanagerDeps): Step {
  const about = {
    branch: '',
    buildDate: '',
    buildUser: 'Fanfare',
    goVersion: '',
    revision: '',
    version: PLAYED,
  };
  return async () => ({
    status: 200,
    body: {
      cluster: { status: 'disabled', peers: [] },
      config: { original: '# Fanfare: the catalog is at /v1/catalog\n' },
      uptime: isoTime(startedAt),
      versionInfo: about,
    },
  });
}

function parsed<T>(read: Parsed<T>): T {
  if (!read.ok) throw refusal(read.issues);
  return read.value;
}
