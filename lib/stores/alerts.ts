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
  execute,
  fromAttributes,
  getItems,
  insert,
  keyText,
  toAttributes,
  upTo,
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
  const key = keys.alert(tenant, next.alert.fingerprint);
  const item = itemOf(next);
  return seen === undefined ? insert(table, { ...key, ...item }) : update(table, key, item, { at: seen });
}

/** Writes what is known of an alert, unless more is known already; whether that is certain. */
export async function setAlert(table: Table, tenant: string, state: AlertState): Promise<boolean> {
  const key = keys.alert(tenant, state.alert.fingerprint);
  const item = itemOf(state);
  // Of two who speak at once, the one who tells of its end is right.
  const beforeMs = state.alert.status === 'firing' ? state.at - 1 : state.at;
  const changed = upTo(update(table, key, item, {}), 'at', beforeMs);
  for (const statement of [changed, insert(table, { ...key, ...item }), changed]) {
    const [written] = await execute(table, [statement]);
    if (written?.kind !== 'conflict') return written?.kind === 'written';
  }
  return true;
}

function itemOf({ alert, untilMs, at }: AlertState) {
  const ttl = Math.ceil(untilMs / 1_000) + KEPT_SECONDS;
  return { body: JSON.stringify(alert), until: untilMs, at, ttl };
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
