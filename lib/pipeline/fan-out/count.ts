import { type Count, type Counting, compileCountings } from '../../core/counts.ts';
import type { Catalog } from '../../core/catalog.ts';
import type { Event } from '../../core/event.ts';
import { type FanOut, keepBack } from '../../core/fan-out.ts';
import type { EventPack } from '../../core/message.ts';
import type { Telemetry } from '../../core/metrics.ts';
import { type Asking, type Tally, letThrough } from '../../core/tally.ts';
import type { Written } from '../../core/written.ts';
import { toError } from '../each.ts';

interface Ref {
  readonly tenant: string;
  readonly name: string;
}

export interface CountDeps {
  readonly tallies: {
    readonly read: (refs: readonly Ref[]) => Promise<readonly { version: number; tally: Tally }[]>;
    readonly write: (
      writes: readonly (Ref & { readonly seen: number; readonly tally: Tally; readonly ttl: number })[],
    ) => Promise<readonly Written[]>;
  };
  readonly telemetry: Pick<Telemetry, 'log'>;
  readonly now: () => number;
}

/** A pack with the records that were planned for it. */
export interface Planning {
  readonly pack: EventPack;
  readonly catalog: Catalog;
  readonly planned: readonly FanOut[];
}

/**
 * Keeps back what a destination has heard already, or heard too much of, by counting what is let through: duplicates
 * first, then caps. A count knows its events by their ids, so that another run of the same pack asks the same and is
 * told the same. Costs a read, and a write for each tally that something new passes; nothing where nothing is counted.
 * Packs whose counts are not known are left out: they come again.
 */
export async function countIn<P extends Planning>(packs: readonly P[], deps: CountDeps): Promise<P[]> {
  let counted = [...packs];
  const rounds = Math.max(0, ...packs.map(({ catalog }) => countingsOf(catalog).length));
  for (let round = 0; round < rounds; round++) counted = await countRound(counted, round, deps);
  return counted;
}

/** An event that asks for one of its destinations. */
export interface Question extends Asking, Ref {
  readonly destination: string;
  readonly rule: string;
}

async function countRound<P extends Planning>(
  packs: readonly P[],
  round: number,
  deps: CountDeps,
): Promise<P[]> {
  const nowMs = deps.now();
  const asked = packs.map((one) => questionsOf(one, countingsOf(one.catalog)[round], nowMs));
  const answers = await answer(asked.flat(), deps);
  return packs.flatMap((one, index): P[] => {
    const own = asked[index]!;
    if (own.some((question) => answers.get(question) === undefined)) return [];
    const refused = own.filter((question) => answers.get(question) === false);
    if (refused.length === 0) return [one];
    const byEvent = Map.groupBy(refused, ({ event }) => event);
    const kept = new Map(
      [...byEvent].map(([event, same]) => [
        event,
        new Map(same.map(({ destination, rule }) => [destination, [rule]] as const)),
      ]),
    );
    return [{ ...one, planned: one.planned.map((fanOut) => keepBack(fanOut, kept)) }];
  });
}

function questionsOf({ pack, planned }: Planning, counting: Counting | undefined, nowMs: number): Question[] {
  if (!counting) return [];
  const events = new Map(
    pack.items.filter((event) => !isExpired(event, nowMs)).map((event) => [event.id, event]),
  );
  return planned
    .flatMap(({ destinations }) => [...destinations])
    .flatMap(([id, heard]) => {
      const event = events.get(id);
      return event
        ? heard.flatMap((destination) => toQuestion(pack.tenant, event, destination, counting))
        : [];
    });
}

function toQuestion(tenant: string, event: Event, destination: string, counting: Counting): Question[] {
  const count: Count | undefined = counting(event, destination);
  return count ? [{ ...count, tenant, event: event.id, destination }] : [];
}

/** Nobody will hear of it. */
function isExpired({ expiresAt }: Event, nowMs: number): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= nowMs;
}

/** Others count at the same time: who was not the first reads again. */
const TRIES = 12;
/** Clocks differ, and a batch takes its time. */
const SPARE_SECONDS = 3_600;

/** What the destinations of a planned event are counted by, all of it. */
export function countsOf(planning: Planning, nowMs: number): Question[] {
  return countingsOf(planning.catalog).flatMap((counting) => questionsOf(planning, counting, nowMs));
}

/** Whether each may pass; nothing where that is not known. */
async function answer(questions: readonly Question[], deps: CountDeps): Promise<Map<Question, boolean>> {
  const answers = new Map<Question, boolean>();
  let open = [...Map.groupBy(questions, ({ tenant, name }) => `${tenant}#${name}`).values()];
  try {
    for (let tries = 0; open.length > 0 && tries < TRIES; tries++) open = await tryOnce(open, answers, deps);
  } catch (error) {
    deps.telemetry.log('error', 'counts cannot be read', { error: toError(error) });
  }
  return answers;
}

async function tryOnce(
  groups: readonly Question[][],
  answers: Map<Question, boolean>,
  { tallies, now }: CountDeps,
): Promise<Question[][]> {
  const read = await tallies.read(groups.map(([first]) => first!));
  const nowMs = now();
  const plans = groups.map((group, index) => {
    const seen = read[index]!;
    return { group, seen, told: letThrough(seen.tally, group, nowMs) };
  });
  const changed = plans.filter(({ seen, told }) => told.after !== seen.tally);
  const written = await tallies.write(
    changed.map(({ group, seen, told }) => {
      const { tenant, name } = group[0]!;
      const perMs = Math.max(...group.map(({ bound }) => bound.perMs));
      const ttl = Math.ceil((nowMs + perMs) / 1_000) + SPARE_SECONDS;
      return { tenant, name, seen: seen.version, tally: told.after, ttl };
    }),
  );
  const lost = new Set(changed.filter((_, index) => written[index]?.kind !== 'written'));
  for (const plan of plans) {
    if (lost.has(plan)) continue;
    plan.group.forEach((question, index) => answers.set(question, plan.told.passes[index]!));
  }
  return [...lost].map(({ group }) => group);
}

const compiled = new WeakMap<Catalog, readonly Counting[]>();

function countingsOf(catalog: Catalog): readonly Counting[] {
  const known = compiled.get(catalog) ?? compileCountings(catalog);
  compiled.set(catalog, known);
  return known;
}
