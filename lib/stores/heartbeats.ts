import type { Pulse } from '../core/heartbeat.ts';
import { keys } from '../core/keys.ts';
import type { Written } from '../core/written.ts';
import { number, text } from './attributes.ts';
import { listed, pulseOf } from './pulse-items.ts';
import {
  type Item,
  type Statement,
  type Table,
  execute,
  getItems,
  insert,
  keyText,
  upTo,
  update,
} from './table.ts';

/** Somebody else moves it at the same time: who was slower looks again. */
const TRIES = 5;
/** The timers look at what changes no sooner than it is written for certain: the API answers within 29 s, or not at all. */
const WRITTEN_MS = 30_000;

/** Heartbeats as those see them who beat or change them: an item each, which a beat writes in place. */
export function createHeartbeats(table: Table, { now }: { readonly now: () => number }) {
  const one = async (statement: Statement): Promise<Written> => (await execute(table, [statement]))[0]!;
  const read = async (tenant: string, id: string): Promise<Item | undefined> => {
    const key = keys.heartbeat(tenant, id);
    return (await getItems(table, [key])).get(keyText(key));
  };

  return {
    /**
     * One write, as long as all is well. The first beat of one that is late ends that, and has the timers tell so.
     * Throws when the table cannot be read.
     */
    async beat(tenant: string, id: string): Promise<'beaten' | 'missing' | 'unknown'> {
      const key = keys.heartbeat(tenant, id);
      const atMs = now();
      const beat = { last: atMs, beaten: true };
      let state: string = 'ok';
      for (let tries = 0; tries < TRIES; tries++) {
        // A beat that was held up undoes no later one.
        const set = state === 'late' ? { ...beat, ...endedAt(atMs), ...listed(tenant, id, now()) } : beat;
        const { kind } = await one(upTo(update(table, key, set, { state }), 'last', atMs));
        if (kind === 'written') return 'beaten';
        if (kind === 'unknown') return 'unknown';
        const item = (await read(tenant, id)) ?? {};
        state = text(item, 'state') ?? 'gone';
        if (!['ok', 'late', 'back'].includes(state)) return 'missing';
        if ((number(item, 'last') ?? 0) >= atMs) return 'beaten';
      }
      return 'unknown';
    },

    /**
     * Has the timers look at a heartbeat whose settings are about to be written or removed; what they find then
     * decides. To make it counts as a beat. Throws when it cannot be written.
     */
    async arm(tenant: string, id: string, isNew: boolean): Promise<void> {
      const key = keys.heartbeat(tenant, id);
      for (let tries = 0; tries < TRIES; tries++) {
        const item = await read(tenant, id);
        const state = item?.['state'];
        const atMs = now();
        const list = listed(tenant, id, atMs + WRITTEN_MS);
        const begun = { state: 'ok', last: atMs, beaten: false, ...list };
        const isAfresh = state === 'gone' || (isNew && state === 'ok');
        const ended = isNew && state === 'late' ? { last: atMs, ...endedAt(atMs) } : {};
        const set = isAfresh ? begun : { ...ended, ...list };
        const { kind } = await one(
          item ? update(table, key, set, { state }) : insert(table, { ...key, ...begun }),
        );
        if (kind === 'written') return;
      }
      throw new Error('a heartbeat cannot be written');
    },

    /** How some stand, by their ids. Throws when the table cannot be read. */
    async read(tenant: string, ids: readonly string[]): Promise<ReadonlyMap<string, Pulse>> {
      const wanted = ids.map((id) => keys.heartbeat(tenant, id));
      const items = await getItems(table, wanted);
      return new Map(
        ids.flatMap((id, index) => {
          const item = items.get(keyText(wanted[index]!));
          const pulse = item && pulseOf(item);
          return pulse ? [[id, pulse] as const] : [];
        }),
      );
    },
  };
}

function endedAt(atMs: number) {
  return { state: 'back', ended: atMs };
}
