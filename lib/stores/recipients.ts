import { DeleteItemCommand, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { etagOf } from '../core/catalog-entry.ts';
import { keys } from '../core/keys.ts';
import { parseJson } from '../core/parse-json.ts';
import type { Recipient } from '../core/recipient.ts';
import { text } from './attributes.ts';
import {
  type Item,
  type Table,
  applies,
  fromAttributes,
  getItems,
  keyText,
  putIf,
  toAttributes,
} from './table.ts';

/** How long a copy is used. */
const FRESH_MS = 10_000;
/** How long a copy may be used while the table cannot be read. */
const STALE_MS = 10 * 60_000;
/** Bounds memory, characters of bodies: tens of thousands of people as they mostly are. */
const MAX_CHARACTERS = 8 * 1024 * 1024;
/** What a copy counts beside its body: one that does not exist takes room, too. */
const COPY_CHARACTERS = 256;

interface Copy {
  readonly recipient: Recipient | undefined;
  readonly characters: number;
  readonly at: number;
}

/** Read side of recipients: no part of the catalog that functions hold, since there may be any number of them. */
export function createRecipients(
  table: Table,
  { now, maxCharacters = MAX_CHARACTERS }: { readonly now: () => number; readonly maxCharacters?: number },
) {
  const copies = new Map<string, Copy>();
  let held = 0;

  function forget(key: string): void {
    held -= copies.get(key)?.characters ?? 0;
    copies.delete(key);
  }

  function remember(key: string, body: string | undefined, id: string): void {
    forget(key);
    const characters = COPY_CHARACTERS + (body?.length ?? 0);
    copies.set(key, {
      recipient: body === undefined ? undefined : recipientOf(id, body),
      characters,
      at: now(),
    });
    held += characters;
    for (const oldest of copies.keys()) {
      if (held <= maxCharacters) return;
      forget(oldest);
    }
  }

  const isYounger = (key: string, ms: number): boolean => now() - (copies.get(key)?.at ?? -Infinity) < ms;

  /** Those that exist, by id; at most 10 s old, while reads fail 10 minutes. */
  return async (tenant: string, ids: readonly string[]): Promise<ReadonlyMap<string, Recipient>> => {
    const keyOf = new Map(ids.map((id) => [id, keyText(keys.recipient(tenant, id))]));
    const found = new Map<string, Recipient>();
    const collect = (id: string): void => {
      const recipient = copies.get(keyOf.get(id)!)?.recipient;
      if (recipient) found.set(id, recipient);
    };
    const unknown = [...keyOf.keys()].filter((id) => !isYounger(keyOf.get(id)!, FRESH_MS));
    for (const id of ids) if (!unknown.includes(id)) collect(id);
    try {
      const items =
        unknown.length === 0
          ? new Map<string, Item>()
          : await getItems(
              table,
              unknown.map((id) => keys.recipient(tenant, id)),
              ['body'],
            );
      for (const id of unknown) {
        const key = keyOf.get(id)!;
        const body = text(items.get(key) ?? {}, 'body');
        remember(key, body, id);
        if (body !== undefined) found.set(id, recipientOf(id, body));
      }
    } catch (error) {
      if (!unknown.every((id) => isYounger(keyOf.get(id)!, STALE_MS))) throw error;
      unknown.forEach(collect);
    }
    return found;
  };
}

/** A recipient as it is stored. */
export interface StoredRecipient {
  readonly recipient: Recipient;
  readonly etag: string;
}

/** Write side. A change is in effect once functions read their copies again, within 10 s. */
export function createRecipientWriter({ client, name, ...table }: Table) {
  return {
    async find(tenant: string, id: string): Promise<StoredRecipient | undefined> {
      const Key = toAttributes({ ...keys.recipient(tenant, id) });
      const { Item: found } = await client.send(
        new GetItemCommand({ TableName: name, Key, ConsistentRead: true }),
      );
      return found && storedOf(fromAttributes(found));
    },

    /** Those that exist, by id, as they are now. */
    async findAll(tenant: string, ids: readonly string[]): Promise<ReadonlyMap<string, Recipient>> {
      const items = await getItems(
        { client, name, ...table },
        ids.map((id) => keys.recipient(tenant, id)),
      );
      const found = [...items.values()].flatMap((item) => storedOf(item)?.recipient ?? []);
      return new Map(found.map((recipient) => [recipient.id, recipient]));
    },

    /** `seen`: the tag the writer has read; absent: it must be new. False: somebody else was faster. */
    put(tenant: string, { id, ...body }: Recipient, seen: string | undefined): Promise<boolean> {
      const item = { ...keys.recipient(tenant, id), body: JSON.stringify(body), etag: etagOf(body) };
      return seen === undefined
        ? putIf({ client, name, ...table }, item, 'attribute_not_exists(pk)')
        : putIf({ client, name, ...table }, item, 'etag = :seen', { ':seen': seen });
    },

    remove: (tenant: string, id: string, seen: string): Promise<boolean> =>
      applies(
        client.send(
          new DeleteItemCommand({
            TableName: name,
            Key: toAttributes({ ...keys.recipient(tenant, id) }),
            ConditionExpression: 'etag = :seen',
            ExpressionAttributeValues: toAttributes({ ':seen': seen }),
          }),
        ),
      ),

    /** A page in the order of ids; `after` is the last id of the page before. */
    async page(
      tenant: string,
      limit: number,
      after: string | undefined,
    ): Promise<readonly StoredRecipient[]> {
      const { pk } = keys.recipient(tenant, '');
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: name,
          ConsistentRead: true,
          Limit: limit,
          KeyConditionExpression: 'pk = :pk AND sk > :after',
          ExpressionAttributeValues: toAttributes({
            ':pk': pk,
            ':after': keys.recipient(tenant, after ?? '').sk,
          }),
        }),
      );
      return Items.map(fromAttributes).flatMap((item) => storedOf(item) ?? []);
    },
  };
}

function storedOf(item: Item): StoredRecipient | undefined {
  const [body, etag] = [text(item, 'body'), text(item, 'etag')];
  if (body === undefined || etag === undefined) return undefined;
  return { recipient: recipientOf(item.sk.slice(item.sk.indexOf('#') + 1), body), etag };
}

/** Checked when it was written. */
function recipientOf(id: string, body: string): Recipient {
  const members: Recipient = parseJson(body);
  return { ...members, id };
}
