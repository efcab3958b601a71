import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type Key, keys } from '../core/keys.ts';
import type { Pause } from '../core/pause.ts';
import { parsePause, readItems } from './catalog.ts';
import { bumpVersion } from './catalog-writer.ts';
import { type Table, applies, toAttributes } from './table.ts';

/** Nothing waits in order for longer. */
const ENDED_MS = 7 * 86_400_000;
const MAX_ENDED = 100;

type Ended = Pause & { readonly until: number };

function isEnded(pause: Pause): pause is Ended {
  return pause.until !== undefined;
}

/** A pause that is ended twice, after a crash, is one. */
function endedKey(tenant: string, { id, at }: Pause): Key {
  return keys.entry(tenant, 'ended', `${at}#${id}`);
}

/** The pauses of a tenant, beside its catalog; functions see a change within 10 s, like any of the catalog. */
export function createPauses(table: Table) {
  async function read(tenant: string, kind: 'pause' | 'ended'): Promise<Pause[]> {
    const items = await readItems(table.client, table.name, tenant, kind);
    return items.map(parsePause).filter((pause) => pause !== undefined);
  }

  /** Forgets what is too old to matter, and the oldest of too many: nobody's catalog grows by pauses. */
  async function remember(tenant: string, pause: Ended): Promise<void> {
    const item = { ...endedKey(tenant, pause), body: JSON.stringify(pause) };
    await table.client.send(new PutItemCommand({ TableName: table.name, Item: toAttributes(item) }));
    const ended = (await read(tenant, 'ended')).filter(isEnded).toSorted((a, b) => b.until - a.until);
    const old = ended.filter(({ until }, at) => at >= MAX_ENDED || until < pause.until - ENDED_MS);
    await Promise.all(
      old.map((one) => {
        const Key = toAttributes({ ...endedKey(tenant, one) });
        return table.client.send(new DeleteItemCommand({ TableName: table.name, Key }));
      }),
    );
  }

  return {
    list: (tenant: string): Promise<Pause[]> => read(tenant, 'pause'),

    /** Makes a pause, or replaces the one of the same target. */
    put: async (tenant: string, pause: Pause): Promise<void> => {
      const item = { ...keys.entry(tenant, 'pause', pause.id), body: JSON.stringify(pause) };
      await table.client.send(new PutItemCommand({ TableName: table.name, Item: toAttributes(item) }));
      await bumpVersion(table, tenant);
    },

    /** Ends a pause. False: there is none. */
    remove: async (tenant: string, id: string, nowMs: number): Promise<boolean> => {
      const pause = (await read(tenant, 'pause')).find((one) => one.id === id);
      // Its time is on record before it ends: what was kept in order meanwhile is that much younger.
      if (pause) await remember(tenant, { ...pause, until: nowMs });
      const removed = await applies(
        table.client.send(
          new DeleteItemCommand({
            TableName: table.name,
            Key: toAttributes({ ...keys.entry(tenant, 'pause', id) }),
            ConditionExpression: 'attribute_exists(pk)',
          }),
        ),
      );
      // Also when there is none: whoever removed it may have died before this.
      await bumpVersion(table, tenant);
      return removed;
    },
  };
}
