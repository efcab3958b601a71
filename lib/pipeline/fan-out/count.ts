import { type Count, type Counting, compileCountings } from '../../core/counts.ts';
import type { Catalog } from '../../core/catalog.ts';
import type { Event } from '../../core/event.ts';
import { type FanOut, keepBack } from '../../core/fan-out.ts';
import type { EventPack } from '../../core/message.ts';
import type { Telemetry } from '../../core/metrics.ts';
import type { KeptUntil } from '../../core/retention.ts';
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
  /** Puts records there as uncounted, or answers those that are there already; `undefined`: not known. */
  readonly open: (planned: readonly FanOut[], until: KeptUntil) => Promise<readonly (FanOut | undefined)[]>;
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
 * told the same. For that it is put on record, open, before anything is counted: between two runs the catalog may
 * change, and what was let through for a destination that then hears nothing would keep others from it. Costs a write
 * of each record, a read, and a write for each tally that something new passes; nothing where nothing is counted.
 * Packs whose counts are not known are left out: they come again.
 */
export async function countIn<P extends Planning>(
  packs: readonly P[],
  until: KeptUntil,
  deps: CountDeps,
): Promise<P[]> {
  const nowMs = deps.now();
  const opened = await openAll(packs, until, deps);
  const asked = opened.map((one) => questionsOf(one, nowMs).filter(({ fanOut }) => fanOut.uncounted));
  const answers = await answer(asked.flat(), deps);
  return opened.flatMap((one, index): P[] => {
    const own = asked[index]!;
    if (own.some((question) => !answers.has(question))) return [];
    const refused = own.flatMap(({ event, destination }, at) => {
      const rule = answers.get(own[at]!)?.rule;
      return rule === undefined ? [] : [{ event, destination, rule }];
    });
    if (refused.length === 0) return [one];
    const kept = new Map(
      [...Map.groupBy(refused, ({ event }) => event)].map(([event, same]) => [
        event,
        new Map(same.map(({ destination, rule }) => [destination, [rule]] as const)),
      ]),
    );
    return [{ ...one, planned: one.planned.map((fanOut) => keepBack(fanOut, kept)) }];
  });
}

/** The packs with the records that stand for what is to be counted, or was by an earlier run. */
async function openAll<P extends Planning>(
  packs: readonly P[],
  until: KeptUntil,
  deps: CountDeps,
): Promise<P[]> {
  const fanOuts = [...new Set(packs.flatMap((one) => questionsOf(one, EVER).map(({ fanOut }) => fanOut)))];
  const found = await openOrLog(fanOuts, until, deps);
  const records = new Map(fanOuts.map((fanOut, index) => [fanOut, found[index]]));
  return packs.flatMap((one): P[] => {
    const planned = one.planned.map((fanOut) => (records.has(fanOut) ? records.get(fanOut) : fanOut));
    const known = planned.filter((fanOut) => fanOut !== undefined);
    return known.length === planned.length ? [{ ...one, planned: known }] : [];
  });
}

/** Nothing has expired yet. */
const EVER = -Infinity;

async function openOrLog(fanOuts: readonly FanOut[], until: KeptUntil, deps: CountDeps) {
  if (fanOuts.length === 0) return [];
  try {
    return await deps.open(fanOuts, until);
  } catch (error) {
    deps.telemetry.log('error', 'fan-out records cannot be opened', { error: toError(error) });
    return [];
  }
}

/** An event that asks for one of its destinations. */
interface Question extends Asking<Count> {
  readonly tenant: string;
  readonly fanOut: FanOut;
  readonly destination: string;
}

/** What the destinations of a planned event are counted by, all of it. */
export function questionsOf({ pack, catalog, planned }: Planning, nowMs: number): Question[] {
  const countings = countingsOf(catalog);
  if (countings.length === 0) return [];
  const { tenant, items } = pack;
  const events = new Map(items.filter((event) => !isExpired(event, nowMs)).map((event) => [event.id, event]));
  return planned.flatMap((fanOut) =>
    [...fanOut.destinations].flatMap(([id, heard]) =>
      heard.flatMap((destination): Question[] => {
        const event = events.get(id);
        const gates = event ? countings.flatMap((counting) => counting(event, destination) ?? []) : [];
        return gates.length > 0 ? [{ tenant, event: id, fanOut, destination, gates }] : [];
      }),
    ),
  );
}

/** Nobody will hear of it. */
function isExpired({ expiresAt }: Event, nowMs: number): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= nowMs;
}

/** Others count at the same time: who was not the first reads again. */
const TRIES = 12;
/** Clocks differ, and a batch takes its time. */
const SPARE_SECONDS = 3_600;

/** What keeps each back, `undefined` for what passes; without those of which that is not known. */
type Answers = ReadonlyMap<Question, Count | undefined>;

async function answer(questions: readonly Question[], deps: CountDeps): Promise<Answers> {
  if (questions.length === 0) return new Map();
  try {
    const byTenant = Map.groupBy(questions, ({ tenant }) => tenant);
    const answers = await Promise.all([...byTenant].map(([tenant, own]) => ask(tenant, own, deps)));
    return new Map(answers.flat());
  } catch (error) {
    deps.telemetry.log('error', 'counts cannot be read', { error: toError(error) });
    return new Map();
  }
}

/** Asks until no other worker has written in between: what one event leaves decides about those behind it. */
async function ask(tenant: string, questions: readonly Question[], deps: CountDeps) {
  for (let tries = 0; tries < TRIES; tries++) {
    const refusals = await tryOnce(tenant, questions, deps);
    if (refusals) return questions.map((question, index) => [question, refusals[index]] as const);
  }
  return [];
}

async function tryOnce(
  tenant: string,
  questions: readonly Question[],
  { tallies, now }: CountDeps,
): Promise<readonly (Count | undefined)[] | undefined> {
  const all = questions.flatMap(({ gates }) => gates.map((gate, place) => ({ ...gate, place })));
  const refs = [...Map.groupBy(all, ({ name }) => name)].map(([name, gates]) => ({ tenant, name, gates }));
  const read = await tallies.read(refs);
  const nowMs = now();
  const before = new Map(refs.map(({ name }, index) => [name, read[index]!.tally]));
  const { refusals, after } = letThrough(before, questions, nowMs);
  const changed = refs.flatMap(({ name, gates }, index) => {
    const tally = after.get(name)!;
    if (tally === before.get(name)) return [];
    const perMs = Math.max(...gates.map(({ bound }) => bound.perMs));
    const ttl = Math.ceil((nowMs + perMs) / 1_000) + SPARE_SECONDS;
    const place = Math.max(...gates.map((gate) => gate.place));
    return [{ place, write: { tenant, name, seen: read[index]!.version, tally, ttl } }];
  });
  // Caps last: a place under one is given to nobody who may turn out to be a duplicate.
  const byPlace = [...Map.groupBy(changed, ({ place }) => place)].toSorted(([a], [b]) => a - b);
  for (const [, same] of byPlace) {
    const written = await tallies.write(same.map(({ write }) => write));
    if (written.some(({ kind }) => kind !== 'written')) return undefined;
  }
  return refusals;
}

const compiled = new WeakMap<Catalog, readonly Counting[]>();

function countingsOf(catalog: Catalog): readonly Counting[] {
  const known = compiled.get(catalog) ?? compileCountings(catalog);
  compiled.set(catalog, known);
  return known;
}
