import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { hashSecret, parseApiKey, sameHash } from '../core/api-key.ts';
import type { Caller, HookOwner } from '../core/caller.ts';
import { cursorKeyOf } from '../core/cursor.ts';
import { SCOPES } from '../core/catalog.ts';
import { type Key, keys } from '../core/keys.ts';
import { number, optional } from './attributes.ts';

export interface Credentials {
  /**
   * Finds the caller behind `Authorization: Bearer <key>`, `Basic` with the key as the password, or `x-api-key`
   * (lower-case header names).
   * Absent, malformed, unknown, wrong, expired and revoked keys all give `undefined`.
   */
  readonly authenticate: (
    headers: Readonly<Record<string, string | undefined>>,
  ) => Promise<Caller | undefined>;
  /** Owner of an inbound URL. */
  readonly hook: (id: string) => Promise<HookOwner | undefined>;
}

export interface CredentialsDeps {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** Epoch ms. */
  readonly now: () => number;
}

/** A revoked key may work this long. */
const FOUND_MS = 60_000;
/** A key made a moment ago works at latest after this. */
const MISSING_MS = 5_000;
/** Bounds the cache against guessed ids. */
const MAX_CACHED = 1_000;

const HOOK_ID = /^[A-Za-z0-9_-]{16,64}$/;
/** Compared against when there is no key, so that every refusal costs one comparison. */
const NO_HASH = '0'.repeat(64);

export function createCredentials({ client, table, now }: CredentialsDeps): Credentials {
  const read = cachedReader({ client, table, now });

  return {
    async authenticate(headers) {
      const key = parseApiKey(presentedKey(headers));
      const item = key && keyItemOf(await read(keys.apiKey(key.id)));
      const matches = sameHash(hashSecret(key?.secret ?? ''), item?.hash ?? NO_HASH);
      if (!key || !item || !matches || item.revoked || item.expiresAt <= now()) return undefined;
      return {
        tenant: item.tenant,
        keyId: key.id,
        scopes: item.scopes,
        cursorKey: cursorKeyOf(item.tenant, item.hash),
        ...optional({ eventsPerSecond: item.eventsPerSecond, urgentPerSecond: item.urgentPerSecond }),
      };
    },
    async hook(id) {
      if (!HOOK_ID.test(id)) return undefined;
      const { tenant, source } = (await read(keys.hook(id))) ?? {};
      return typeof tenant === 'string' && typeof source === 'string' ? { tenant, source } : undefined;
    },
  };
}

/** What is kept under the id of a key; an item that says it in another way is no key. */
function keyItemOf(item: Readonly<Record<string, unknown>> = {}) {
  const { tenant, hash, scopes, revoked, expiresAt = Infinity } = item;
  if (typeof tenant !== 'string' || typeof hash !== 'string') return undefined;
  if (!Array.isArray(scopes) || typeof expiresAt !== 'number') return undefined;
  const known = SCOPES.filter((scope) => scopes.includes(scope));
  const quotas = {
    eventsPerSecond: number(item, 'eventsPerSecond'),
    urgentPerSecond: number(item, 'urgentPerSecond'),
  };
  return { tenant, hash, scopes: known, revoked: Boolean(revoked), expiresAt, ...quotas };
}

/** Basic is for tools that know nothing else; the name before the colon says nothing. */
function presentedKey(headers: Readonly<Record<string, string | undefined>>): string {
  const [, scheme = '', given = ''] = /^(Bearer|Basic) +(\S+) *$/i.exec(headers['authorization'] ?? '') ?? [];
  if (scheme === '') return headers['x-api-key']?.trim() ?? '';
  if (scheme.toLowerCase() === 'bearer') return given;
  const pair = Buffer.from(given, 'base64').toString();
  return pair.slice(pair.indexOf(':') + 1);
}

interface Cached {
  readonly until: number;
  readonly item: Record<string, unknown> | undefined;
}

function cachedReader({ client, table, now }: CredentialsDeps) {
  const cache = new Map<string, Cached>();

  return async (key: Key): Promise<Record<string, unknown> | undefined> => {
    const known = cache.get(key.pk);
    if (known && known.until > now()) return known.item;
    const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: marshall(key) }));
    const item = Item && unmarshall(Item);
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(key.pk, { item, until: now() + (item ? FOUND_MS : MISSING_MS) });
    return item;
  };
}
