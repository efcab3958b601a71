import { createHash } from 'node:crypto';
import type { FanOut } from '../core/fan-out.ts';
import { keys } from '../core/keys.ts';
import type { KeptUntil } from '../core/retention.ts';
import { text } from './attributes.ts';
import { writeLists } from './lists.ts';
import { type Item, type Table, execute, getItems, insert, keyText } from './table.ts';

/** The text of a record's lists; what is too long for it is cut into parts that are named by their content. */
export interface ListText {
  readonly tenant: string;
  readonly attributes: { readonly lists: string } | { readonly parts: readonly string[] };
  readonly parts: readonly Part[];
  /** Of the record and all its parts. */
  readonly ttl: number;
}

interface Part {
  readonly hash: string;
  readonly part: string;
}

/** DynamoDB takes 400 KB for an item: the lists of events that go to hundreds of people each may be longer. */
const MAX_BYTES = 390 * 1024;
const MAX_CHARACTERS = 120_000;

export function toListText(fanOut: FanOut, until: KeptUntil): ListText {
  const { tenant, retentionDays } = fanOut;
  const ttl = until(retentionDays);
  const lists = writeLists(fanOut);
  if (Buffer.byteLength(lists) <= MAX_BYTES) return { tenant, attributes: { lists }, parts: [], ttl };
  const count = Math.ceil(lists.length / MAX_CHARACTERS);
  const parts = Array.from({ length: count }, (_, at): Part => {
    const part = lists.slice(at * MAX_CHARACTERS, (at + 1) * MAX_CHARACTERS);
    return { hash: createHash('sha256').update(part).digest('base64url'), part };
  });
  return { tenant, attributes: { parts: parts.map(({ hash }) => hash) }, parts, ttl };
}

/**
 * Writes parts, before the records: a record is what counts, and a second run that plans otherwise names other parts.
 * Answers those whose parts are all safe.
 */
export async function writeParts(table: Table, texts: readonly ListText[]): Promise<Set<ListText>> {
  const items = texts.flatMap(({ tenant, parts, ttl }) =>
    parts.map(({ hash, part }) => ({ ...keys.fanOutPart(tenant, hash), part, ttl })),
  );
  const unique = [...new Map(items.map((item) => [keyText(item), item])).values()];
  const written = await execute(
    table,
    unique.map((item) => insert(table, item)),
  );
  const lost = new Set(unique.filter((_, index) => written[index]?.kind === 'unknown').map(keyText));
  return new Set(
    texts.filter(({ tenant, parts }) =>
      parts.every(({ hash }) => !lost.has(keyText(keys.fanOutPart(tenant, hash)))),
    ),
  );
}

/** The texts of records as they were read; `undefined` for one without any, or with a part that is missing. */
export async function readListTexts(
  table: Table,
  records: readonly { readonly tenant: string; readonly item: Partial<Item> | undefined }[],
): Promise<(string | undefined)[]> {
  const keyed = records.map(({ tenant, item }) => {
    const parts: readonly unknown[] = Array.isArray(item?.['parts']) ? item['parts'] : [];
    return parts.map((hash) => keys.fanOutPart(tenant, String(hash)));
  });
  const wanted = keyed.flat();
  const found = wanted.length > 0 ? await getItems(table, wanted) : new Map<string, Item>();
  return records.map(({ item = {} }, index) => {
    const parts = keyed[index]!.map((key) => text(found.get(keyText(key)) ?? {}, 'part'));
    if (parts.length === 0) return text(item, 'lists');
    return parts.includes(undefined) ? undefined : parts.join('');
  });
}
