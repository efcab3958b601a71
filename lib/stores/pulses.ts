import type { DueEntry } from '../core/due-entry.ts';
import { NAME } from '../core/event.ts';
import type { Pulse } from '../core/heartbeat.ts';
import type { HeartbeatStep } from '../core/heartbeat-step.ts';
import { keys } from '../core/keys.ts';
import type { Written } from '../core/written.ts';
import { PULSE_MARK, listed, pulseOf } from './pulse-items.ts';
import { type Statement, type Table, execute, getItems, keyText, update } from './table.ts';

/** A heartbeat that is to be looked at, as it was listed. */
export interface DuePulse {
  readonly entry: DueEntry;
  readonly id: string;
  /** When it was to be looked at, epoch ms. */
  readonly dueMs: number;
  readonly pulse: Pulse;
}

/** Heartbeats as the timers see them: those that the due index brings up, and notes of how they stand. */
export function createPulses(table: Table, { now }: { readonly now: () => number }) {
  const one = async (statement: Statement): Promise<Written> => (await execute(table, [statement]))[0]!;

  return {
    /** The heartbeats among these entries that are as they were listed. */
    async due(entries: readonly DueEntry[]): Promise<DuePulse[]> {
      const own = entries.flatMap((entry) => {
        const id = entry.id.slice(PULSE_MARK.length);
        return entry.id.startsWith(PULSE_MARK) && NAME.test(id) ? [{ entry, id }] : [];
      });
      if (own.length === 0) return [];
      const wanted = own.map(({ entry, id }) => keys.heartbeat(entry.tenant, id));
      const items = await getItems(table, wanted);
      return own.flatMap(({ entry, id }, index) => {
        const item = items.get(keyText(wanted[index]!));
        const pulse = item && pulseOf(item);
        if (!pulse || item['dueAt'] !== entry.dueAt) return [];
        return [{ entry, id, dueMs: Number.parseInt(entry.dueAt, 10), pulse }];
      });
    },

    /** Notes how it stands now, unless it has beaten or was moved meanwhile. */
    note({ entry: { tenant, dueAt }, id, pulse }: DuePulse, { next, look }: HeartbeatStep): Promise<Written> {
      const list = typeof look === 'number' ? listed(tenant, id, look) : {};
      const set = { ...attributesOf(next), ...list };
      const seen = { dueAt, state: pulse.state, last: pulse.lastMs };
      const isOver = look === 'never';
      return one(update(table, keys.heartbeat(tenant, id), set, seen, isOver ? 'dueAt' : undefined));
    },

    /** Has it looked at later. A conflict is no harm: somebody else has. */
    postpone({ entry: { tenant, dueAt }, id }: DuePulse, byMs: number): Promise<Written> {
      const set = listed(tenant, id, now() + byMs);
      return one(update(table, keys.heartbeat(tenant, id), set, { dueAt }));
    },
  };
}

/** All but the last beat, which only beats write. */
function attributesOf({ state, sparedMs, stop }: Pulse) {
  return {
    state,
    spared: sparedMs,
    since: stop?.sinceMs,
    before: stop?.lastMs,
    settings: stop && JSON.stringify(stop.heartbeat),
    told: stop?.told?.atMs ?? 0,
    repeats: stop?.told?.repeat ?? 0,
    ended: stop?.endedMs,
  };
}
