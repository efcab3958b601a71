import { keys } from '../core/keys.ts';
import { text } from './attributes.ts';
import { type Table, getItems, keyText, putIf } from './table.ts';

/** How long a copy is used. */
const FRESH_MS = 600_000;
/** How long it is believed that a tenant has none. */
const MISSING_MS = 5_000;
/** Bounds the copies against made-up tenants. */
const MAX_COPIES = 1_000;

interface Copy {
  readonly key: string | undefined;
  readonly until: number;
}

/**
 * The key by which the links of a tenant are told from made-up ones: 32 random bytes, made when the first link is.
 * Whoever can read it can answer messages for others, no more; it is in no template, environment or answer. Without
 * its item, which has no end, the tenant's links are void and a new key is made.
 */
export function createLinkKeys(table: Table, { now }: { readonly now: () => number }) {
  const copies = new Map<string, Copy>();

  async function read(tenant: string): Promise<string | undefined> {
    const item = (await getItems(table, [keys.linkKey(tenant)])).get(keyText(keys.linkKey(tenant)));
    const key = item && text(item, 'key');
    if (copies.size >= MAX_COPIES) copies.clear();
    copies.set(tenant, { key, until: now() + (key === undefined ? MISSING_MS : FRESH_MS) });
    return key;
  }

  async function find(tenant: string): Promise<string | undefined> {
    const copy = copies.get(tenant);
    return copy && copy.until > now() ? copy.key : await read(tenant);
  }

  return {
    /** The key of a tenant that has one. Throws when that is not known. */
    find,

    /** The key of a tenant, made of `random` bytes if there is none: of several who make one at once, the first counts. */
    async findOrMake(tenant: string, random: () => Uint8Array): Promise<string> {
      const known = await find(tenant);
      if (known !== undefined) return known;
      const key = Buffer.from(random()).toString('base64url');
      await putIf(table, { ...keys.linkKey(tenant), key, at: now() }, 'attribute_not_exists(pk)');
      const made = await read(tenant);
      if (made === undefined) throw new Error('the key of links cannot be made');
      return made;
    },
  };
}
