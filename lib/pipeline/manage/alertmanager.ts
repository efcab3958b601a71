import type { AlertState } from '../../core/alert-state.ts';
import { parseFilter, parsePostableSilence } from '../../core/alertmanager-input.ts';
import { matchersOf, silenceView } from '../../core/alertmanager-view.ts';
import type { Catalog } from '../../core/catalog.ts';
import type { Parsed } from '../../core/catalog-input.ts';
import { toId } from '../../core/id.ts';
import { isoTime } from '../../core/iso-time.ts';
import { type Silence, silenceState } from '../../core/silence.ts';
import type { RecipientDeps } from '../recipients.ts';
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

/** What was read; throws the refusal of what could not be. */
export function parsed<T>(read: Parsed<T>): T {
  if (!read.ok) throw refusal(read.issues);
  return read.value;
}
