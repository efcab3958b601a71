import type { CatalogEntry, EntryKind } from '../../core/catalog-entry.ts';
import { toId } from '../../core/id.ts';
import { isoTime } from '../../core/iso-time.ts';
import { MAX_MATCHERS, matchersOf } from '../../core/matchers.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import { type Silence, silenceState } from '../../core/silence.ts';
import { parseSilenceInput } from '../../core/silence-input.ts';
import { type Call, jsonBody, notFound, refusal, type Step } from './endpoint.ts';

export interface SilencesDeps {
  readonly silences: {
    readonly list: (tenant: string) => Promise<readonly Silence[]>;
    readonly put: (tenant: string, silence: Silence) => Promise<void>;
  };
  readonly entries: {
    readonly find: (tenant: string, kind: EntryKind, id: string) => Promise<CatalogEntry | undefined>;
  };
  readonly random: (bytes: number) => Uint8Array;
  /** Epoch ms. */
  readonly now: () => number;
}

/** Every fan-out asks those that hold, and every warm function keeps them beside the catalog. */
const MAX_SILENCES = 200;
const MAX_BYTES = 16 * 1024;
const MAX_BYTES_TOGETHER = 256 * 1024;

/** Makes a silence, or replaces the one of the same id. */
export function putSilence({ silences, entries, random, now }: SilencesDeps): Step {
  return async (call) => {
    const { tenant } = call.caller;
    const parsed = parseSilenceInput(jsonBody(call), now());
    if (!parsed.ok) throw refusal(parsed.issues);
    const { id = toId(random(12)), destinations = [], notify = [] } = parsed.value;
    const unknown =
      (await missing(tenant, 'destinations', destinations, entries)) ??
      (await missing(tenant, 'notify', notify, entries));
    if (unknown) throw refusal([unknown]);
    const silence: Silence = { ...parsed.value, id, at: now() };
    const known = await keepSilence(tenant, silence, { silences, now });
    return { status: known ? 200 : 201, body: viewOf(silence, now()) };
  };
}

/**
 * Keeps a silence, within what a tenant may have; answers whether it takes the place of another.
 * @throws ProblemError `validation` or `quota` when it is too large, or there are too many.
 */
export async function keepSilence(
  tenant: string,
  silence: Silence,
  { silences, now }: Pick<SilencesDeps, 'silences' | 'now'>,
): Promise<boolean> {
  if (bytesOf(silence) > MAX_BYTES) throw refusal([TOO_LARGE]);
  const current = await silences.list(tenant);
  const others = current.filter((one) => one.id !== silence.id && silenceState(one, now()) !== 'ended');
  checkQuota([...others, silence]);
  await silences.put(tenant, silence);
  return current.some(({ id }) => id === silence.id);
}

export function listSilences({ silences, now }: Pick<SilencesDeps, 'silences' | 'now'>): Step {
  return async ({ caller: { tenant } }) => {
    const items = (await silences.list(tenant)).toSorted((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1));
    return { status: 200, body: { items: items.map((one) => viewOf(one, now())) } };
  };
}

export function getSilence(deps: Pick<SilencesDeps, 'silences' | 'now'>): Step {
  return async (call) => ({ status: 200, body: viewOf(await findSilence(call, deps), deps.now()) });
}

const TOO_LARGE = { pointer: '', code: 'tooLong', detail: `a silence has at most ${MAX_BYTES} bytes` };

function checkQuota(held: readonly Silence[]): void {
  if (held.length > MAX_SILENCES)
    throw new ProblemError(problem('quota', `At most ${MAX_SILENCES} silences at once.`));
  if (held.reduce((sum, one) => sum + bytesOf(one), 0) > MAX_BYTES_TOGETHER)
    throw new ProblemError(problem('quota', `At most ${MAX_BYTES_TOGETHER} bytes of silences at once.`));
  if (held.reduce((sum, one) => sum + matchersOf(one), 0) > MAX_MATCHERS.silences) {
    const detail = `Silences hold at most ${MAX_MATCHERS.silences} tests of data that are no exact values together.`;
    throw new ProblemError(problem('quota', detail));
  }
}

function bytesOf(silence: Silence): number {
  return Buffer.byteLength(JSON.stringify(silence));
}

/** Ends a silence now; it stays on record for a week. */
export function endSilence(deps: Pick<SilencesDeps, 'silences' | 'now'>): Step {
  return async (call) => {
    const silence = await findSilence(call, deps);
    const nowMs = deps.now();
    const startsAt = Math.min(silence.startsAt, nowMs);
    const ended = { ...silence, startsAt, endsAt: nowMs, at: nowMs };
    // Also one that has ended: whoever ended it may have died before the functions were told.
    const isOver = silenceState(silence, nowMs) === 'ended';
    await deps.silences.put(call.caller.tenant, isOver ? silence : ended);
    return { status: 204 };
  };
}

export async function findSilence(
  { caller: { tenant }, params }: Call,
  { silences }: Pick<SilencesDeps, 'silences'>,
): Promise<Silence> {
  const found = (await silences.list(tenant)).find(({ id }) => id === params['id']);
  if (!found) throw notFound();
  return found;
}

async function missing(
  tenant: string,
  member: 'destinations' | 'notify',
  destinations: readonly string[],
  entries: SilencesDeps['entries'],
) {
  const found = await Promise.all(destinations.map((id) => entries.find(tenant, 'destination', id)));
  const index = found.indexOf(undefined);
  if (index === -1) return undefined;
  const detail = `there is no destination "${destinations[index]}"`;
  return { pointer: `/${member}/${index}`, code: 'unknown', detail };
}

function viewOf(silence: Silence, nowMs: number): object {
  const { startsAt, endsAt, at, ...rest } = silence;
  return {
    ...rest,
    state: silenceState(silence, nowMs),
    startsAt: isoTime(startsAt),
    ...(endsAt !== undefined && { endsAt: isoTime(endsAt) }),
    changedAt: isoTime(at),
  };
}
