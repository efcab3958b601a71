import {
  ALERT_SOURCES,
  type Alert,
  type AlertSource,
  type ParsedAlert,
  type ParsedAlerts,
  draftOfAlert,
  firingIdentityOf,
  identityOf,
} from '../../core/alert.ts';
import { type AlertState, joined } from '../../core/alert-state.ts';
import type { Caller, HookOwner } from '../../core/caller.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import { ALERT_PARSERS, detectSource } from '../../core/sources/detect.ts';
import { parsePostable } from '../../core/sources/postable.ts';
import type { AuthDeps } from '../authorise.ts';
import { ingest } from '../ingest.ts';
import { jsonOf } from '../json-body.ts';
import { type AlertPost, answerAlerts, answerApiAlerts } from './alerts-answer.ts';
import type { Repeats } from './kept-back.ts';
import { UNREADABLE } from './look-up.ts';
import { orUnavailable } from './or-unavailable.ts';
import { report } from './report.ts';
import { type PostAnswer, type PostRequest, checkBody, problemOf } from './request.ts';
import { NO_CREDENTIALS, senderOf } from './sender.ts';
import type { IngestDeps, Item } from './work.ts';

export interface AlertDeps extends IngestDeps, AuthDeps {
  /** Owner of an unguessable inbound URL. */
  readonly hook: (id: string) => Promise<HookOwner | undefined>;
  readonly alerts: {
    readonly read: (
      tenant: string,
      fingerprints: readonly string[],
    ) => Promise<ReadonlyMap<string, AlertState>>;
  };
  readonly readFanOuts: Repeats['readFanOuts'];
  /** Milliseconds that only go forward. */
  readonly elapsed: () => number;
}

/** `POST /webhook`: alerts of any source that can be recognised, with an API key. */
export async function postWebhook(request: PostRequest, deps: AlertDeps): Promise<PostAnswer> {
  checkJson(request);
  const caller = await senderOf(request, 'send', deps);
  const input = jsonOf(request.body);
  const detected = detectSource(input);
  if (!detected) throw new ProblemError(problem('validation', 'This looks like no alert of a known source.'));
  return take(caller, readingOf(detected.source, input), request, deps);
}

/** `POST /v1/hooks/{source}`: alerts of one source, with an API key. */
export async function postHook(request: PostRequest, deps: AlertDeps): Promise<PostAnswer> {
  const source = sourceOf(request);
  checkJson(request);
  const caller = await senderOf(request, 'send', deps);
  return take(caller, readingOf(source, jsonOf(request.body)), request, deps);
}

/** `POST /v1/hooks/{source}/{hookId}`: the id alone names the tenant. */
export async function postHookUrl(request: PostRequest, deps: AlertDeps): Promise<PostAnswer> {
  const source = sourceOf(request);
  checkJson(request);
  const { hookId = '' } = request.params;
  const owner = await orUnavailable(() => deps.hook(hookId), NO_CREDENTIALS, deps);
  if (owner?.source !== source) throw new ProblemError(problem('not-found'));
  return take(owner, readingOf(source, jsonOf(request.body)), request, deps);
}

/** What Alertmanager's `repeat_interval` is by default. */
const POSTED_REPEAT_MS = 4 * 3_600_000;

/**
 * `POST /api/v2/alerts`: what Prometheus sends to an Alertmanager, each alert again every minute while it fires. One
 * that fires on is told again as seldom as by an Alertmanager, and of a pair of servers it is told once.
 */
export async function postApiAlerts(request: PostRequest, deps: AlertDeps): Promise<PostAnswer> {
  checkJson(request);
  const caller = await senderOf(request, 'send', deps);
  const input = jsonOf(request.body);
  const reading = {
    source: 'prometheus',
    parse: () => parsePostable(input, deps.now()),
    join: joined,
    repeats: { withinMs: POSTED_REPEAT_MS, readFanOuts: deps.readFanOuts },
    answer: answerApiAlerts,
  } as const;
  return take(caller, reading, request, deps);
}

/** How alerts are read. */
interface Reading {
  readonly source: AlertSource;
  readonly parse: () => ParsedAlerts;
  /** Takes an alert for the one that is known. */
  readonly join?: typeof joined;
  readonly repeats?: Repeats;
  readonly answer: (post: AlertPost) => PostAnswer;
}

function readingOf(source: AlertSource, input: unknown): Reading {
  return { source, parse: () => ALERT_PARSERS[source](input), answer: answerAlerts };
}

async function take(
  { tenant, urgentPerSecond }: Pick<Caller, 'tenant' | 'urgentPerSecond'>,
  { source, parse, join = (alert) => alert, repeats, answer }: Reading,
  { requestId }: PostRequest,
  deps: AlertDeps,
): Promise<PostAnswer> {
  const startedAt = deps.elapsed();
  const parsed = parse();
  if (!parsed.ok) throw new ProblemError(problemOf(parsed.errors));
  deps.telemetry.add('AlertsReceived', parsed.alerts.length, source);
  const known = await lookUpAlerts(tenant, parsed.alerts, deps);
  const nowMs = deps.now();
  const items = parsed.alerts.map((one): Item => {
    if (!one.ok) return { ok: false, problem: problemOf(one.errors) };
    const state = known.get(one.alert.fingerprint);
    return itemOf(join(one.alert, state), state, nowMs);
  });
  const { receipts } = await ingest({ tenant, items, urgentPerSecond, repeats }, deps);
  report({ tenant, receipts, route: source, requestId }, deps);
  return answer({ source, receipts, requestId, tookMs: deps.elapsed() - startedAt });
}

function itemOf(alert: Alert, known: AlertState | undefined, nowMs: number): Item {
  const firing = firingIdentityOf(alert);
  return {
    ok: true,
    draft: draftOfAlert(alert, nowMs),
    alert: { identity: identityOf(alert), firing, alert, known },
  };
}

function lookUpAlerts(
  tenant: string,
  alerts: readonly ParsedAlert[],
  deps: AlertDeps,
): Promise<ReadonlyMap<string, AlertState>> {
  const fingerprints = alerts.flatMap((one) => (one.ok ? [one.alert.fingerprint] : []));
  return orUnavailable(() => deps.alerts.read(tenant, fingerprints), UNREADABLE, deps, { tenant });
}

/** Alert routes take plain JSON; the headers of a CloudEvent change nothing here. */
function checkJson(request: PostRequest): void {
  const headers = Object.entries(request.headers).filter(([name]) => name !== 'ce-specversion');
  checkBody({ ...request, headers: Object.fromEntries(headers) });
}

function sourceOf({ params }: PostRequest): AlertSource {
  const source = ALERT_SOURCES.find((known) => known === params['source']);
  if (!source) throw new ProblemError(problem('not-found'));
  return source;
}
