import { type DueEntry, dueAtOf } from '../core/due-entry.ts';
import { dueKey, keys } from '../core/keys.ts';
import { NAME } from '../core/event.ts';
import type { Silence } from '../core/silence.ts';
import type { Written } from '../core/written.ts';
import { number } from './attributes.ts';
import { type Table, execute, getItems, insert, keyText, update } from './table.ts';

/** A silence that is to be looked after. */
export interface SilenceWatch {
  readonly entry: DueEntry;
  readonly silence: string;
  /** Everything up to then was told, epoch ms. */
  readonly toldMs: number;
  /** When it was last found to keep something back by a function that did not know, epoch ms. */
  readonly keptMs?: number;
}

/** Tells an entry of a silence from those of deliveries and events. */
const MARK = '@';
/** Bounds memory. */
const MAX_NOTED = 1_000;
const KEPT_SECONDS = 40 * 86_400;

/** Which silences somebody wants to be told of: an item each, with an entry in the due index while there is more to tell. */
export function createSilenceWatches(table: Table) {
  const one = async (statement: ReturnType<typeof insert>): Promise<Written> =>
    (await execute(table, [statement]))[0]!;

  /** What is noted of silences as they stand; a function needs to note each once. */
  const noted = new Set<string>();

  return {
    /** Notes of silences that they keep something back, where they are watched; whether that is on record of all. */
    async kept(
      tenant: string,
      silences: readonly Pick<Silence, 'id' | 'at'>[],
      atMs: number,
    ): Promise<boolean> {
      const fresh = silences.filter((silence) => !noted.has(nameOf(tenant, silence)));
      const written = await execute(
        table,
        fresh.map(({ id }) => update(table, keys.watch(tenant, id), { keptMs: atMs }, {})),
      );
      if (noted.size > MAX_NOTED) noted.clear();
      for (const [index, silence] of fresh.entries())
        if (written[index]?.kind !== 'unknown') noted.add(nameOf(tenant, silence));
      return written.every(({ kind }) => kind !== 'unknown');
    },

    /** Has a silence looked after at a time; what was told of it stays told. */
    async set(tenant: string, silence: string, atMs: number): Promise<void> {
      const key = keys.watch(tenant, silence);
      const set = listed(tenant, silence, atMs);
      const attempts = [
        update(table, key, set, {}),
        insert(table, { ...key, ...set }),
        update(table, key, set, {}),
      ];
      for (const attempt of attempts) if ((await one(attempt)).kind === 'written') return;
      throw new Error('the watch of a silence cannot be written');
    },

    /** The watches among these entries that are as they were listed. */
    async due(entries: readonly DueEntry[]): Promise<SilenceWatch[]> {
      const own = entries.flatMap((entry) => {
        const silence = entry.id.slice(MARK.length);
        return entry.id.startsWith(MARK) && NAME.test(silence) ? [{ entry, silence }] : [];
      });
      if (own.length === 0) return [];
      const items = await getItems(
        table,
        own.map(({ entry, silence }) => keys.watch(entry.tenant, silence)),
      );
      return own.flatMap(({ entry, silence }) => {
        const item = items.get(keyText(keys.watch(entry.tenant, silence)));
        if (item?.['dueAt'] !== entry.dueAt) return [];
        const keptMs = number(item, 'keptMs');
        return [
          { entry, silence, toldMs: number(item, 'toldMs') ?? 0, ...(keptMs !== undefined && { keptMs }) },
        ];
      });
    },

    /** Notes what was told, and when there is more to tell, if ever. A conflict is no harm: the silence has changed. */
    told(
      { entry: { tenant, dueAt }, silence }: SilenceWatch,
      toldMs: number,
      nextMs?: number,
    ): Promise<Written> {
      const key = keys.watch(tenant, silence);
      return one(
        nextMs === undefined
          ? update(table, key, { toldMs, ttl: ttlFrom(toldMs) }, { dueAt }, 'dueAt')
          : update(table, key, { toldMs, ...listed(tenant, silence, nextMs) }, { dueAt }),
      );
    },
  };
}

function listed(tenant: string, silence: string, atMs: number) {
  const id = `${MARK}${silence}`;
  return { due: dueKey(tenant, id, atMs), dueAt: dueAtOf(tenant, id, atMs), ttl: ttlFrom(atMs) };
}

function ttlFrom(ms: number): number {
  return Math.ceil(ms / 1_000) + KEPT_SECONDS;
}

/** A silence as it was last changed. */
function nameOf(tenant: string, { id, at }: Pick<Silence, 'id' | 'at'>): string {
  return `${tenant} ${id} ${at}`;
}
