import { DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type CatalogEntry, type EntryBody, type EntryKind, etagOf } from '../core/catalog-entry.ts';
import { keys } from '../core/keys.ts';
import { readEntries, readEntry, readVersion } from './catalog.ts';
import { type Table, applies, putIf, toAttributes } from './table.ts';

/**
 * Write side of the catalog. Every write ends with a bump of the version, which is what warm functions look
 * at; one that dies before its bump is seen at latest when they read everything again.
 */
export interface CatalogWriter {
  readonly version: (tenant: string) => Promise<number>;
  readonly list: (tenant: string, kind?: EntryKind) => Promise<CatalogEntry[]>;
  readonly find: (tenant: string, kind: EntryKind, id: string) => Promise<CatalogEntry | undefined>;
  /** `seen`: the tag the writer has read, absent for a new entry. False: somebody else was faster. */
  readonly put: (
    tenant: string,
    kind: EntryKind,
    id: string,
    body: EntryBody,
    seen: string | undefined,
  ) => Promise<boolean>;
  readonly remove: (tenant: string, kind: EntryKind, id: string, seen: string) => Promise<boolean>;
  /** Opens a round of changes computed at a version. False when the version has moved on since. */
  readonly begin: (tenant: string, seenVersion: number) => Promise<boolean>;
}

export function createCatalogWriter(table: Table): CatalogWriter {
  const { client, name } = table;

  return {
    version: (tenant) => readVersion(client, name, tenant),
    list: (tenant, kind) => readEntries(client, name, tenant, kind),
    find: (tenant, kind, id) => readEntry(client, name, tenant, kind, id),
    async put(tenant, kind, id, body, seen) {
      const item = itemOf(tenant, kind, id, body);
      const written = await (seen === undefined
        ? putIf(table, item, 'attribute_not_exists(pk)')
        : putIf(table, item, 'etag = :seen', { ':seen': seen }));
      if (written) await bumpVersion(table, tenant);
      return written;
    },
    async remove(tenant, kind, id, seen) {
      const removed = await applies(
        client.send(
          new DeleteItemCommand({
            TableName: name,
            Key: toAttributes({ ...keys.entry(tenant, kind, id) }),
            ConditionExpression: 'etag = :seen',
            ExpressionAttributeValues: toAttributes({ ':seen': seen }),
          }),
        ),
      );
      if (removed) await bumpVersion(table, tenant);
      return removed;
    },
    begin: (tenant, seenVersion) =>
      applies(
        client.send(
          new UpdateItemCommand({
            TableName: name,
            Key: toAttributes({ ...keys.version(tenant) }),
            UpdateExpression: 'ADD version :one',
            ConditionExpression: seenVersion === 0 ? 'attribute_not_exists(version)' : 'version = :seen',
            ExpressionAttributeValues: toAttributes({
              ':one': 1,
              ...(seenVersion > 0 && { ':seen': seenVersion }),
            }),
          }),
        ),
      ),
  };
}

/** Tells warm functions to read the catalog again. */
export async function bumpVersion(table: Table, tenant: string): Promise<void> {
  await table.client.send(
    new UpdateItemCommand({
      TableName: table.name,
      Key: toAttributes({ ...keys.version(tenant) }),
      UpdateExpression: 'ADD version :one',
      ExpressionAttributeValues: toAttributes({ ':one': 1 }),
    }),
  );
}

function itemOf(tenant: string, kind: EntryKind, id: string, body: EntryBody): Record<string, unknown> {
  return { ...keys.entry(tenant, kind, id), body: JSON.stringify(body), etag: etagOf(body) };
}
