import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type Catalog, EMPTY_CATALOG } from '../core/catalog.ts';
import { MAX_CATALOG_BYTES } from '../core/catalog-quota.ts';
import { type CatalogEntry, ENTRY_KINDS, type EntryKind } from '../core/catalog-entry.ts';
import { keys } from '../core/keys.ts';
import { parseJson } from '../core/parse-json.ts';
import type { Pause } from '../core/pause.ts';
import type { Silence } from '../core/silence.ts';
import { text } from './attributes.ts';

/** Read side of the catalog: what the pipelines route by. */
export interface Catalogs {
  /** The tenant's catalog, at most 10 s old; while reads fail, a copy of at most 10 minutes. */
  readonly get: (tenant: string) => Promise<Catalog>;
}

export interface CatalogsDeps {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** Only entries of this kind are read; absent: all. */
  readonly kind?: EntryKind;
  /** Epoch ms. */
  readonly now: () => number;
  /** Most characters of entries that are kept in memory. */
  readonly maxCharacters?: number;
}

/** How long a copy is used without looking at the version item. */
const FRESH_MS = 10_000;
/** Entries are read again after this even if the version stands: a writer may have died before its bump. */
const RELOAD_MS = 5 * 60_000;
/** How long a copy may be used while the table cannot be read. */
const STALE_MS = 10 * 60_000;
/** Bounds memory: 32 of the largest catalogs, or 2,000 small ones; those seen least recently are dropped. */
const MAX_CHARACTERS = 32 * MAX_CATALOG_BYTES;
/** What a copy counts beside its entries: a tenant without any takes room, too. */
const COPY_CHARACTERS = 8 * 1024;

type Attributes = Record<string, AttributeValue>;

interface Copy {
  readonly catalog: Catalog;
  readonly characters: number;
  readonly loadedAt: number;
  readonly checkedAt: number;
}

export function createCatalogs({
  client,
  table,
  kind,
  now,
  maxCharacters = MAX_CHARACTERS,
}: CatalogsDeps): Catalogs {
  const copies = new Map<string, Copy>();
  const running = new Map<string, Promise<Catalog>>();

  async function refresh(tenant: string, copy: Copy | undefined): Promise<Catalog> {
    const startedAt = now();
    try {
      const version = await readVersion(client, table, tenant);
      const keep = copy && copy.catalog.version === version && startedAt - copy.loadedAt < RELOAD_MS;
      const current = keep ? copy : copyOf(version, await readItems(client, table, tenant, kind), startedAt);
      copies.delete(tenant);
      copies.set(tenant, { ...current, checkedAt: startedAt });
      dropOldest(copies, maxCharacters);
      return current.catalog;
    } catch (error) {
      if (copy && startedAt - copy.checkedAt < STALE_MS) return copy.catalog;
      throw error;
    }
  }

  return {
    async get(tenant) {
      const copy = copies.get(tenant);
      if (copy && now() - copy.checkedAt < FRESH_MS) return copy.catalog;
      const pending = running.get(tenant) ?? refresh(tenant, copy).finally(() => running.delete(tenant));
      running.set(tenant, pending);
      return pending;
    },
  };
}

function copyOf(version: number, items: readonly Attributes[], loadedAt: number): Copy {
  const characters = items.reduce((sum, { body }) => sum + (body?.S?.length ?? 0), COPY_CHARACTERS);
  return { catalog: catalogOf(version, items), characters, loadedAt, checkedAt: loadedAt };
}

function dropOldest(copies: Map<string, Copy>, maxCharacters: number): void {
  let held = [...copies.values()].reduce((sum, { characters }) => sum + characters, 0);
  for (const [tenant, { characters }] of copies) {
    if (held <= maxCharacters) return;
    copies.delete(tenant);
    held -= characters;
  }
}

/**
 * The number that grows with every change of a tenant's catalog; 0 when there never was one. It is read
 * before the entries, so that a copy is never older than the version it is filed under.
 */
export async function readVersion(client: DynamoDBClient, table: string, tenant: string): Promise<number> {
  const { Item } = await client.send(
    new GetItemCommand({ TableName: table, Key: marshall(keys.version(tenant)), ConsistentRead: true }),
  );
  return Number(Item?.['version']?.N ?? 0);
}

/** One entry of a tenant, as it stands. */
export async function readEntry(
  client: DynamoDBClient,
  table: string,
  tenant: string,
  kind: EntryKind,
  id: string,
): Promise<CatalogEntry | undefined> {
  const Key = marshall(keys.entry(tenant, kind, id));
  const { Item } = await client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
  return Item && parseEntry(Item);
}

/** All entries of a tenant, or those of one kind, in the order of kind and id. */
export async function readEntries(
  client: DynamoDBClient,
  table: string,
  tenant: string,
  kind?: EntryKind,
): Promise<CatalogEntry[]> {
  const items = await readItems(client, table, tenant, kind);
  return items.map(parseEntry).filter((entry) => entry !== undefined);
}

/** Everything that a tenant's catalog is made of, or what is of one kind. */
export async function readItems(
  client: DynamoDBClient,
  table: string,
  tenant: string,
  kind?: EntryKind | 'pause' | 'ended' | 'silence',
): Promise<Attributes[]> {
  const { pk } = keys.version(tenant);
  const pages = paginateQuery(
    { client },
    {
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: kind ? 'pk = :pk AND begins_with(sk, :kind)' : 'pk = :pk',
      ExpressionAttributeValues: marshall(kind ? { ':pk': pk, ':kind': `${kind}#` } : { ':pk': pk }),
    },
  );
  const items: Attributes[] = [];
  for await (const page of pages) items.push(...(page.Items ?? []));
  return items;
}

/**
 * Reads one item; the version item, and kinds that a newer release wrote, give `undefined`. Bodies were checked
 * when they were written.
 */
export function parseEntry(attributes: Attributes): CatalogEntry | undefined {
  const item = unmarshall(attributes);
  const [sk, body, etag] = [text(item, 'sk') ?? '', text(item, 'body'), text(item, 'etag')];
  const cut = sk.indexOf('#');
  const kind = ENTRY_KINDS.find((name) => name === sk.slice(0, cut));
  if (!kind || body === undefined || etag === undefined) return undefined;
  return { kind, id: sk.slice(cut + 1), etag, body: parseJson(body) };
}

/** Reads one item; `undefined` for what is no pause, neither one that holds nor one that is over. */
export function parsePause(attributes: Attributes): Pause | undefined {
  const item = unmarshall(attributes);
  const body = text(item, 'body');
  const [kind = ''] = text(item, 'sk')?.split('#') ?? [];
  if (!['pause', 'ended'].includes(kind) || body === undefined) return undefined;
  const pause: Pause = parseJson(body);
  return pause;
}

/** Reads one item; `undefined` for what is no silence. */
export function parseSilence(attributes: Attributes): Silence | undefined {
  const item = unmarshall(attributes);
  const body = text(item, 'body');
  if (!text(item, 'sk')?.startsWith('silence#') || body === undefined) return undefined;
  const silence: Silence = parseJson(body);
  return silence;
}

function catalogOf(version: number, items: readonly Attributes[]): Catalog {
  if (items.length === 0) return { ...EMPTY_CATALOG, version };
  const entries = items.map(parseEntry).filter((entry) => entry !== undefined);
  const destinations = entries.filter((entry) => entry.kind === 'destination');
  const templates = entries.filter((entry) => entry.kind === 'template');
  const routes = entries.filter((entry) => entry.kind === 'route').map(named);
  const topics = entries.filter((entry) => entry.kind === 'topic').map(named);
  const limits = entries.filter((entry) => entry.kind === 'limit').map(named);
  const inhibitions = entries.filter((entry) => entry.kind === 'inhibition').map(named);
  return {
    version,
    destinations: new Map(destinations.map((entry) => [entry.id, named(entry)])),
    routes: routes.toSorted((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1)),
    templates: new Map(templates.map((entry) => [entry.id, named(entry)])),
    topics,
    limits,
    inhibitions,
    pauses: items.map(parsePause).filter((pause) => pause !== undefined),
    silences: items.map(parseSilence).filter((silence) => silence !== undefined),
  };
}

interface Body<B> {
  readonly id: string;
  readonly body: B;
}

function named<B extends object>({ id, body }: Body<B>): B & Pick<Body<B>, 'id'> {
  return { ...body, id };
}
