import { keys } from '../core/keys.ts';
import { keptUntil } from '../core/retention.ts';
import { NO_STAND_INS, type OwedEnd, type StandInNote, type StandIns, afterNote } from '../core/stand-in.ts';
import { number, optional, text } from './attributes.ts';
import { type Item, type Table, execute, getItems, insert, keyText, update } from './table.ts';

/** Others note of the same incident at the same time: who was slower decides anew. */
const TRIES = 8;
/** An incident may last longer than what is kept of its events. */
const SPARE_SECONDS = 60 * 86_400;

/** Who has heard of incidents in place of destinations: an item for each, which notes move on one after the other. */
export function createStandIns(table: Table, { now }: { readonly now: () => number }) {
  const ttl = (): number => keptUntil(now()) + SPARE_SECONDS;

  return {
    /** Writes notes, and answers the ends that somebody is to hear of by them. Throws when that is not certain. */
    async note(tenant: string, notes: readonly StandInNote[]): Promise<OwedEnd[]> {
      const keyOf = ({ incident, from }: StandInNote) => keys.standIn(tenant, incident, from);
      let open = [...Map.groupBy(notes, (note) => keyText(keyOf(note))).values()];
      const owed: OwedEnd[] = [];
      for (let tries = 0; tries < TRIES && open.length > 0; tries++) {
        const items = await getItems(
          table,
          open.map(([first]) => keyOf(first!)),
        );
        const planned = open.map((own) => {
          const key = keyOf(own[0]!);
          const item = items.get(keyText(key));
          const noted = afterNotes(item, own, now());
          const next = { ...flat(noted.known), notes: (item && number(item, 'notes')) ?? 0 };
          const set = { ...next, notes: next.notes + 1, ttl: ttl() };
          const statement = item
            ? update(table, key, set, { notes: next.notes })
            : insert(table, { ...key, ...set });
          return { own, noted, statement };
        });
        const written = await execute(
          table,
          planned.map(({ statement }) => statement),
        );
        const kinds = new Map(planned.map((one, index) => [one, written[index]?.kind ?? 'unknown']));
        if ([...kinds.values()].includes('unknown')) break;
        owed.push(...planned.flatMap((one) => (kinds.get(one) === 'written' ? one.noted.owed : [])));
        open = planned.filter((one) => kinds.get(one) === 'conflict').map(({ own }) => own);
      }
      if (open.length > 0) throw new Error('who hears of an end cannot be noted');
      return owed;
    },
  };
}

function afterNotes(item: Item | undefined, notes: readonly StandInNote[], nowMs: number) {
  let known = standInsOf(item, nowMs);
  const owed = notes.flatMap((note) => {
    const noted = afterNote(known, note);
    known = noted.known;
    return noted.owed;
  });
  return { known, owed };
}

function flat({ told, began, end }: StandIns) {
  return { told, began: began ?? null, endEvent: end?.event ?? null, endAt: end?.atMs ?? null };
}

/** What an item says; one that has expired says nothing. */
function standInsOf(item: Item | undefined, nowMs: number): StandIns {
  if (!item || (number(item, 'ttl') ?? 0) * 1_000 < nowMs) return NO_STAND_INS;
  const { told } = item;
  const [event, atMs] = [text(item, 'endEvent'), number(item, 'endAt')];
  return {
    told: Array.isArray(told) ? told.filter((id) => typeof id === 'string') : [],
    ...optional({ began: number(item, 'began') }),
    ...(event !== undefined && atMs !== undefined && { end: { event, atMs } }),
  };
}
