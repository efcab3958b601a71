import type { Catalog } from '../../core/catalog.ts';
import { isEnd } from '../../core/escalation.ts';
import type { Event } from '../../core/event.ts';
import type { EventPack } from '../../core/message.ts';
import type { RouteMatch } from '../../core/route.ts';
import { type OwedEnd, type StandInNote, beginNote, endInPlace, endNote } from '../../core/stand-in.ts';
import type { Matches } from '../recipients.ts';

export interface StandInDeps {
  readonly standIns: {
    readonly note: (tenant: string, notes: readonly StandInNote[]) => Promise<readonly OwedEnd[]>;
  };
  /** Events that are on record, by id. */
  readonly bodies: (tenant: string, ids: readonly string[]) => Promise<ReadonlyMap<string, Event>>;
  readonly now: () => number;
}

interface Matched {
  readonly pack: EventPack;
  readonly matches: Matches;
}

/**
 * Whoever has heard in place of a destination that something began hears of its end wherever that destination does, and
 * of an end that came first together with the begin. Takes a read and a write for what fails over and for ends that
 * lead to a destination with a failover, and nothing for all else. Throws when it is not certain who has heard.
 */
export async function addStandIns(
  { pack, matches }: Matched,
  { destinations }: Pick<Catalog, 'destinations'>,
  deps: StandInDeps,
): Promise<Matched> {
  const nowMs = deps.now();
  const endsAt = (event: Event, heard: readonly string[]): StandInNote[] =>
    heard.filter((id) => destinations.get(id)?.failover).flatMap((from) => endNote(event, from, nowMs) ?? []);

  let notes = pack.items.flatMap((event) => {
    if (isEnd(event)) return endsAt(event, heardAlone(matches.get(event.id)));
    return beginNote(event, nowMs) ?? [];
  });
  if (notes.length === 0) return { pack, matches };
  const items = new Map(pack.items.map((event) => [event.id, event]));
  const added = new Map(matches);
  while (notes.length > 0) {
    const owed = await deps.standIns.note(pack.tenant, notes);
    const absent = owed.flatMap(({ event }) => (items.has(event) ? [] : [event]));
    const bodies = absent.length > 0 ? await deps.bodies(pack.tenant, [...new Set(absent)]) : undefined;
    notes = [];
    for (const end of owed) {
      const event = items.get(end.event) ?? bodies?.get(end.event);
      const known = added.get(end.event) ?? [];
      if (!event || known.some((match) => match.destinations.includes(end.to))) continue;
      if (!items.has(event.id)) items.set(event.id, endInPlace(event, end));
      added.set(event.id, [...known, { destinations: [end.to], ...wordsFor(end, added) }]);
      // Others may have heard in place of whoever hears in its place.
      notes.push(...endsAt(event, [end.to]));
    }
  }
  return { pack: { ...pack, items: [...items.values()] }, matches: added };
}

/** What is told of a group or in a digest has an end of its own. */
function heardAlone(matches: readonly RouteMatch[] = []): string[] {
  return matches.flatMap(({ group, digest, destinations }) => (group || digest ? [] : destinations));
}

/** The words in which the destination itself hears of it; of an end that came first, those of the begin. */
function wordsFor({ event, from, to }: OwedEnd, matches: Matches): Pick<RouteMatch, 'template'> {
  const match = leadingTo(from, matches.get(event) ?? []) ?? leadingTo(to, [...matches.values()].flat());
  return match?.template === undefined ? {} : { template: match.template };
}

function leadingTo(id: string, matches: readonly RouteMatch[]): RouteMatch | undefined {
  return matches.find(({ destinations }) => destinations.includes(id));
}
