import { canonicalHash } from '../../core/canonical.ts';
import { toId } from '../../core/id.ts';
import { isoTime } from '../../core/iso-time.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import type { ReplayFilter, ReplayJob, ReplayState } from '../../core/replay.ts';
import { parseReplayInput } from '../../core/replay-input.ts';
import type { KeptUntil } from '../../core/retention.ts';
import type { Written } from '../../core/written.ts';
import { jsonBody, notFound, refusal, type Step } from './endpoint.ts';
import { checkWritten, conflict } from './one-delivery.ts';
import { type PreviewDeps, previewReplay } from './preview-replay.ts';

export interface ReplaysDeps extends PreviewDeps {
  readonly jobs: {
    readonly create: (job: ReplayJob, ttl: number) => Promise<Written>;
    readonly find: (tenant: string, id: string) => Promise<ReplayJob | undefined>;
    readonly list: (tenant: string) => Promise<readonly ReplayJob[]>;
    readonly turn: (job: ReplayJob, state: ReplayState) => Promise<Written>;
  };
  readonly random: (bytes: number) => Uint8Array;
  /** Epoch seconds until which a job is kept that changes now. */
  readonly ttl: KeptUntil;
  /** Epoch ms. */
  readonly now: () => number;
}

/** Replays of a tenant that are not over: the timers work on all of them in every run. */
const MAX_OPEN = 10;
const MAX_LISTED = 100;

/** Starts a replay of many, or only says what it would do. The same name and filter again is the same replay. */
export function startReplay(deps: ReplaysDeps): Step {
  return async (call) => {
    const { tenant } = call.caller;
    const parsed = parseReplayInput(jsonBody(call), deps.now());
    if (!parsed.ok) throw refusal(parsed.issues);
    const { filter, preview: isPreview, id } = parsed.value;
    const known = id === undefined ? undefined : await deps.jobs.find(tenant, id);
    if (known && !isPreview) return { status: 202, body: viewOf(sameReplay(known, filter)) };

    const preview = await previewReplay(tenant, filter, deps);
    if (isPreview) return { status: 200, body: preview };
    const open = (await deps.jobs.list(tenant)).filter(({ state }) => !isOver(state));
    if (open.length >= MAX_OPEN)
      throw new ProblemError(problem('quota', `At most ${MAX_OPEN} replays at once.`));
    const job = newJob(tenant, id ?? toId(deps.random(12)), filter, preview.count, deps.now());
    checkWritten(await deps.jobs.create(job, deps.ttl()), 'There is a replay of this name.');
    return { status: 202, body: viewOf(job) };
  };
}

export function listReplays({ jobs }: Pick<ReplaysDeps, 'jobs'>): Step {
  return async ({ caller: { tenant } }) => {
    const found = await jobs.list(tenant);
    return { status: 200, body: { items: found.slice(0, MAX_LISTED).map(viewOf) } };
  };
}

export function getReplay({ jobs }: Pick<ReplaysDeps, 'jobs'>): Step {
  return async ({ caller: { tenant }, params }) => {
    const job = await jobs.find(tenant, params['id'] ?? '');
    if (!job) throw notFound();
    return { status: 200, body: viewOf(job) };
  };
}

/**
 * Pauses, resumes or cancels. What has been handed out, for a minute at most, is still sent; a dead delivery
 * that was not come to stays dead.
 */
export function turnReplay(to: Exclude<ReplayState, 'done'>, { jobs }: Pick<ReplaysDeps, 'jobs'>): Step {
  return async ({ caller: { tenant }, params }) => {
    const job = await jobs.find(tenant, params['id'] ?? '');
    if (!job) throw notFound();
    if (job.state !== to) {
      if (isOver(job.state)) throw conflict(`It is ${job.state}.`);
      checkWritten(await jobs.turn(job, to), 'It has changed meanwhile; look at it again.');
    }
    return { status: 200, body: viewOf({ ...job, state: to }) };
  };
}

function isOver(state: ReplayState): boolean {
  return state === 'done' || state === 'cancelled';
}

/** Without an end of its own a filter ends when it was posted, which differs from one post to the next. */
function sameReplay(known: ReplayJob, filter: ReplayFilter): ReplayJob {
  const same = canonicalHash({ ...known.filter, to: '' }) === canonicalHash({ ...filter, to: '' });
  if (!same) throw conflict('There is a replay of this name with another filter.');
  return known;
}

function newJob(
  tenant: string,
  id: string,
  filter: ReplayFilter,
  expected: number,
  nowMs: number,
): ReplayJob {
  const counts = { expected, sent: 0, skipped: 0 };
  const times = { createdAt: nowMs, changedAt: nowMs };
  return { tenant, id, filter, state: 'running', cursor: '', lines: {}, ...counts, ...times };
}

function viewOf({ id, state, filter, expected, sent, skipped, createdAt, changedAt }: ReplayJob) {
  const times = { createdAt: isoTime(createdAt), changedAt: isoTime(changedAt) };
  return { id, state, filter, expected, sent, skipped, ...times };
}
