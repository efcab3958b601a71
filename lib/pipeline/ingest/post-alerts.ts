import {
  ALERT_SOURCES,
  type AlertSource,
  type ParsedAlert,
  draftOfAlert,
  firingIdentityOf,
  identityOf,
} from '../../core/alert.ts';
import type { Caller, HookOwner } from '../../core/caller.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import { ALERT_PARSERS, detectSource } from '../../core/sources/detect.ts';
import type { AuthDeps } from '../authorise.ts';
import { ingest } from '../ingest.ts';
import { jsonOf } from '../json-body.ts';
import { answerAlerts } from './alerts-answer.ts';
import { orUnavailable } from './or-unavailable.ts';
import { report } from './report.ts';
import { type PostAnswer, type PostRequest, checkBody, problemOf } from './request.ts';
import { NO_CREDENTIALS, senderOf } from './sender.ts';
import type { IngestDeps, Item } from './work.ts';

export interface AlertDeps extends IngestDeps, AuthDeps {
  /** Owner of an unguessable inbound URL. */
  readonly hook: (id: string) => Promise<HookOwner | undefined>;
  /** Milliseconds that only go forward. */
  readonly elapsed: () => number;
}

/** `POST /webhook`: alerts of any source that can be recognised, with an API key. */
export async function postWebhook(request: PostRequest, deps: AlertDeps): Promise<PostAnswer> {
  checkJson(request);
  const caller = await senderOf(request, deps);
  const input = jsonOf(request.body);
  const detected = detectSource(input);
  if (!detected) throw new ProblemError(problem('validation', 'This looks like no alert of a known source.'));
  return take(caller, detected.source, input, request, deps);
}

/** `POST /v1/hooks/{source}`: alerts of one source, with an API key. */
export async function postHook(request: PostRequest, deps: AlertDeps): Promise<PostAnswer> {
  const source = sourceOf(request);
  checkJson(request);
  const caller = await senderOf(request, deps);
  return take(caller, source, jsonOf(request.body), request, deps);
}

/** `POST /v1/hooks/{source}/{hookId}`: the id alone names the tenant. */
export async function postHookUrl(request: PostRequest, deps: AlertDeps): Promise<PostAnswer> {
  const source = sourceOf(request);
  checkJson(request);
  const { hookId = '' } = request.params;
  const owner = await orUnavailable(() => deps.hook(hookId), NO_CREDENTIALS, deps);
  if (owner?.source !== source) throw new ProblemError(problem('not-found'));
  return take(owner, source, jsonOf(request.body), request, deps);
}

async function take(
  { tenant, urgentPerSecond }: Pick<Caller, 'tenant' | 'urgentPerSecond'>,
  source: AlertSource,
  input: unknown,
  { requestId }: PostRequest,
  deps: AlertDeps,
): Promise<PostAnswer> {
  const startedAt = deps.elapsed();
  const parsed = ALERT_PARSERS[source](input);
  if (!parsed.ok) throw new ProblemError(problemOf(parsed.errors));
  deps.telemetry.add('AlertsReceived', parsed.alerts.length, source);
  const nowMs = deps.now();
  const items = parsed.alerts.map((alert) => itemOf(alert, nowMs));
  const { receipts } = await ingest({ tenant, items, urgentPerSecond }, deps);
  report({ tenant, receipts, route: source, requestId }, deps);
  return answerAlerts({ source, receipts, requestId, tookMs: deps.elapsed() - startedAt });
}

function itemOf(parsed: ParsedAlert, nowMs: number): Item {
  if (!parsed.ok) return { ok: false, problem: problemOf(parsed.errors) };
  const { alert } = parsed;
  const firing = firingIdentityOf(alert);
  return {
    ok: true,
    draft: draftOfAlert(alert, nowMs),
    alert: { identity: identityOf(alert), firing },
  };
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
