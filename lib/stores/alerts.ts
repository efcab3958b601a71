import { paginateQuery } from '@aws-sdk/client-dynamodb';
import type { AlertState } from '../core/alert-state.ts';
import type { RecordWrite } from '../core/event-record.ts';
import { alertKeys, keys } from '../core/keys.ts';
import { parseJson } from '../core/parse-json.ts';
import { number, text } from './attributes.ts';
import {
  type Item,
  type Statement,
  type Table,
  fromAttributes,
  getItems,
  insert,
  keyText,
  toAttributes,
  update,
} from './table.ts';

/** So long after its end it is known what an alert's last repeats belong to. */
const KEPT_SECONDS = 86_400;

/** What is known of a tenant's alerts, by their fingerprints. */
export function createAlerts(table: Table) {
  return {
    /** Those of some fingerprints, 100 a call. Throws when the table cannot be read. */
    async read(tenant: string, fingerprints: readonly string[]): Promise<Map<string, AlertState>> {
      const wanted = fingerprints.map((fingerprint) => keys.alert(tenant, fingerprint));
      const items = await getItems(table, wanted);
      return new Map(
        fingerprints.flatMap((fingerprint, index) => {
          const state = stateOf(items.get(keyText(wanted[index]!)) ?? {});
          return state ? [[fingerprint, state] as const] : [];
        }),
      );
    },

    /** All that fire, or ended within a day. Throws when the table cannot be read. */
    async list(tenant: string): Promise<AlertState[]> {
      const shards = await Promise.all(alertKeys(tenant).map((pk) => queryAll(table, pk)));
      return shards.flat().flatMap((item) => stateOf(item) ?? []);
    },
  };
}

/** Writes what is known of an alert, unless somebody else has changed it since it was read. */
export function alertStatement(
  table: Table,
  tenant: string,
  { next, seen }: Extract<RecordWrite, { kind: 'alert' }>,
): Statement {
  const { alert, untilMs, at } = next;
  const ttl = Math.ceil(untilMs / 1_000) + KEPT_SECONDS;
  const item = { body: JSON.stringify(alert), until: untilMs, at, ttl };
  const key = keys.alert(tenant, alert.fingerprint);
  return seen === undefined ? insert(table, { ...key, ...item }) : update(table, key, item, { at: seen });
}

async function queryAll(table: Table, pk: string): Promise<Item[]> {
  const pages = paginateQuery(
    { client: table.client },
    {
      TableName: table.name,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: toAttributes({ ':pk': pk }),
    },
  );
  const items: Item[] = [];
  for await (const { Items = [] } of pages) items.push(...Items.map(fromAttributes));
  return items;
}

function stateOf(item: Partial<Item>): AlertState | undefined {
  const [body, untilMs, at] = [text(item, 'body'), number(item, 'until'), number(item, 'at')];
  if (body === undefined || untilMs === undefined || at === undefined) return undefined;
  return { alert: parseJson(body), untilMs, at };
}
