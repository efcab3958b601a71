import type { Event } from '../core/event.ts';
import { keys } from '../core/keys.ts';
import { parseJson } from '../core/parse-json.ts';
import { text } from './attributes.ts';
import { type Table, getItems, keyText } from './table.ts';

/** Reads events as they were posted, by their ids; what is not on record is absent. */
export function createEventBodies(table: Table) {
  return async (tenant: string, ids: readonly string[]): Promise<Map<string, Event>> => {
    const wanted = ids.map((id) => keys.event(tenant, id));
    const items = await getItems(table, wanted, ['body']);
    return new Map(
      ids.flatMap((id, index): [string, Event][] => {
        const body = text(items.get(keyText(wanted[index]!)) ?? {}, 'body');
        return body === undefined ? [] : [[id, parseJson(body)]];
      }),
    );
  };
}
