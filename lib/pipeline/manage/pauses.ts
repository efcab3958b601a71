import type { Channel } from '../../channel.ts';
import type { CatalogEntry, EntryKind } from '../../core/catalog-entry.ts';
import { isoTime } from '../../core/iso-time.ts';
import { OPERATOR, type Pause, type PauseTarget, pauseId } from '../../core/pause.ts';
import { parsePauseInput } from '../../core/pause-input.ts';
import { ProblemError, type ProblemIssue, problem } from '../../core/problem.ts';
import { jsonBody, notFound, refusal, type Step } from './endpoint.ts';

export interface PausesDeps {
  readonly pauses: {
    readonly list: (tenant: string) => Promise<readonly Pause[]>;
    readonly put: (tenant: string, pause: Pause) => Promise<void>;
    /** False: there is none. */
    readonly remove: (tenant: string, id: string, nowMs: number) => Promise<boolean>;
  };
  readonly entries: {
    readonly find: (tenant: string, kind: EntryKind, id: string) => Promise<CatalogEntry | undefined>;
  };
  readonly channels: ReadonlyMap<string, Channel>;
  /** Epoch ms. */
  readonly now: () => number;
}

/** Every function reads them with the catalog. Those of destinations that are gone count, too. */
const MAX_PAUSES = 200;

/** Pauses a destination, a channel or the whole tenant. The same target again is the same pause. */
export function startPause({ pauses, entries, channels, now }: PausesDeps): Step {
  return async (call) => {
    const { tenant } = call.caller;
    const parsed = parsePauseInput(jsonBody(call));
    if (!parsed.ok) throw refusal(parsed.issues);
    const { target, reason } = parsed.value;
    const id = pauseId(target);
    const current = await pauses.list(tenant);
    const known = current.find((pause) => pause.id === id);
    if (!known) {
      const issue = await unknownTarget(tenant, target, { entries, channels });
      if (issue) throw refusal([issue]);
      if (current.length >= MAX_PAUSES)
        throw new ProblemError(problem('quota', `At most ${MAX_PAUSES} pauses at once.`));
    }
    const pause = { id, target, at: known?.at ?? now(), ...(reason !== undefined && { reason }) };
    await pauses.put(tenant, pause);
    return { status: known ? 200 : 201, body: viewOf(pause) };
  };
}

/** The pauses of a tenant, and those of whoever runs the stack. */
export function listPauses({ pauses }: Pick<PausesDeps, 'pauses'>): Step {
  return async ({ caller: { tenant } }) => {
    const [own, all] = await Promise.all([pauses.list(tenant), pauses.list(OPERATOR)]);
    return { status: 200, body: { items: [...own.map(viewOf), ...all.map(viewOfOperator)] } };
  };
}

/** What is parked follows with the next run of the timers. */
export function endPause({ pauses, now }: Pick<PausesDeps, 'pauses' | 'now'>): Step {
  return async ({ caller: { tenant }, params }) => {
    if (!(await pauses.remove(tenant, params['id'] ?? '', now()))) throw notFound();
    return { status: 204 };
  };
}

async function unknownTarget(
  tenant: string,
  target: PauseTarget,
  { entries, channels }: Pick<PausesDeps, 'entries' | 'channels'>,
): Promise<ProblemIssue | undefined> {
  if ('channel' in target && !channels.has(target.channel)) {
    const detail = `there is no such channel; the channels are ${[...channels.keys()].join(', ')}`;
    return { pointer: '/channel', code: 'oneOf', detail };
  }
  if ('destination' in target && !(await entries.find(tenant, 'destination', target.destination)))
    return { pointer: '/destination', code: 'unknown', detail: 'there is no such destination' };
  return undefined;
}

function viewOfOperator(pause: Pause) {
  return { ...viewOf(pause), operator: true };
}

function viewOf({ id, target, reason, at }: Pause) {
  return { id, ...target, ...(reason !== undefined && { reason }), since: isoTime(at) };
}
