import type { DueEntry } from '../core/due-entry.ts';
import { dueAtOf } from '../core/due-entry.ts';
import { EVENT_ID, type Event } from '../core/event.ts';
import { dueKey, keys } from '../core/keys.ts';
import { parseJson } from '../core/parse-json.ts';
import type { ScheduleState } from '../core/schedule.ts';
import type { Written } from '../core/written.ts';
import { number, text } from './attributes.ts';
import { type Item, type Table, execute, getItems, keyText, update } from './table.ts';

export interface EventRef {
  readonly tenant: string;
  readonly event: string;
}

/** An event whose time comes, as the timers find it. */
export interface HeldEvent {
  readonly entry: DueEntry;
  readonly event: Event;
  /** Id of the pack it travels in, however often. */
  readonly pack: string;
  readonly untilMs: number;
}

/** What happened to an event that was to leave the schedule. */
export type Taken = 'taken' | 'cancelled' | 'unknown';
/** `over`: it is on its way, or never was scheduled. */
export type Cancelled = 'cancelled' | 'over' | 'missing' | 'unknown';

/**
 * Events that are held until their time. One conditional write decides between whoever takes an event out of the
 * schedule and whoever cancels it; it also removes the entry of the due index, which brings the event up until then.
 */
export function createSchedule(table: Table, { now }: { readonly now: () => number }) {
  const leave = (refs: readonly EventRef[], state: ScheduleState): Promise<Written[]> =>
    execute(
      table,
      refs.map(({ tenant, event }) =>
        update(table, keys.event(tenant, event), { state }, { state: 'scheduled' }, 'dueAt'),
      ),
    );

  /** What became of those whose write failed: a conflict does not tell. Throws when it cannot be read. */
  const statesOf = async (refs: readonly EventRef[]): Promise<(string | undefined)[]> => {
    const wanted = refs.map(({ tenant, event }) => keys.event(tenant, event));
    const items =
      refs.length === 0 ? new Map<string, Item>() : await getItems(table, wanted, ['hash', 'state']);
    return wanted.map((key) => {
      const item = items.get(keyText(key));
      return item && (text(item, 'state') ?? 'taken');
    });
  };

  return {
    /** The events among these entries that are still held. */
    async held(entries: readonly DueEntry[]): Promise<HeldEvent[]> {
      const own = entries.filter(({ id }) => EVENT_ID.test(id));
      if (own.length === 0) return [];
      const items = await getItems(
        table,
        own.map(({ tenant, id }) => keys.event(tenant, id)),
      );
      return own.flatMap((entry) => {
        const item = items.get(keyText(keys.event(entry.tenant, entry.id)));
        return item ? heldOf(entry, item) : [];
      });
    },

    /** Moves entries on by `byMs`: their messages are out, but may yet be lost. A conflict is no harm: it was taken. */
    postpone: (held: readonly HeldEvent[], byMs: number): Promise<Written[]> =>
      execute(
        table,
        held.map(({ entry: { tenant, id, dueAt } }) => {
          const set = scheduleEntry(tenant, id, now() + byMs);
          return update(table, keys.event(tenant, id), set, { dueAt, state: 'scheduled' });
        }),
      ),

    /** Takes events out of the schedule, for good; one that is not in it goes its way as well. */
    async take(refs: readonly EventRef[]): Promise<Taken[]> {
      const written = await leave(refs, 'taken');
      const lost = refs.filter((_, index) => written[index]?.kind === 'conflict');
      const states = await statesOf(lost);
      return refs.map((ref, index) => {
        if (written[index]?.kind === 'unknown') return 'unknown';
        return states[lost.indexOf(ref)] === 'cancelled' ? 'cancelled' : 'taken';
      });
    },

    /**
     * Cancels an event while it is held. What the queue brings by itself is on its way at its time: its record may be
     * written after it was taken, and never learns of that.
     */
    async cancel(ref: EventRef): Promise<Cancelled> {
      const key = keys.event(ref.tenant, ref.event);
      const item = (await getItems(table, [key], ['state', 'heldUntil', 'dueAt'])).get(keyText(key));
      const isListed = item !== undefined && text(item, 'dueAt') !== undefined;
      if (item?.['state'] === 'scheduled' && !isListed && (number(item, 'heldUntil') ?? 0) <= now())
        return 'over';
      const [written] = await leave([ref], 'cancelled');
      if (written?.kind === 'written') return 'cancelled';
      if (written?.kind !== 'conflict') return 'unknown';
      const [state] = await statesOf([ref]);
      if (state === undefined) return 'missing';
      return state === 'cancelled' ? 'cancelled' : 'over';
    },
  };
}

/** Attributes that list a held event in the due index, at the time when the timers look after it. */
export function scheduleEntry(tenant: string, event: string, atMs: number) {
  return { due: dueKey(tenant, event, atMs), dueAt: dueAtOf(tenant, event, atMs) };
}

/** The index runs behind: what was taken or cancelled meanwhile is left out. */
function heldOf(entry: DueEntry, item: Item): HeldEvent[] {
  const [body, pack] = [text(item, 'body'), text(item, 'pack')];
  if (item['state'] !== 'scheduled' || item['dueAt'] !== entry.dueAt || !body || !pack) return [];
  const event: Event = parseJson(body);
  return [{ entry, event, pack, untilMs: number(item, 'heldUntil') ?? 0 }];
}
