import { QueryCommand } from '@aws-sdk/client-dynamodb';
import type { InboxItem } from '../core/inbox.ts';
import { keys } from '../core/keys.ts';
import { parseJson } from '../core/parse-json.ts';
import type { Written } from '../core/written.ts';
import { number, text } from './attributes.ts';
import { createInboxWrites } from './inbox-writes.ts';
import { type Item, type Table, execute, fromAttributes, toAttributes, update } from './table.ts';

/** Reads of an inbox stop there: what lies behind is old. */
const MAX_PAGES = 4;
/** An app asks often how much is unread, and pays for each kilobyte read: so many messages are looked at, the newest first. */
const COUNT_STEPS = [250, 750] as const;
/** Nobody shows a larger number. */
const ENOUGH = 100;

export function createInbox(table: Table, { now }: { readonly now: () => number }) {
  return {
    ...createInboxWrites(table, { now }),

    /** Newest first; `after` is the id of the last item of the page before. */
    async page(
      tenant: string,
      person: string,
      {
        limit,
        after,
        unread = false,
      }: { readonly limit: number; readonly after?: string; readonly unread?: boolean },
    ): Promise<{ readonly items: readonly InboxItem[]; readonly next?: string }> {
      const items: InboxItem[] = [];
      let last = after;
      for (let page = 0; page < MAX_PAGES; page++) {
        const found = await query(tenant, person, { limit: limit - items.length, after: last, unread });
        items.push(...found.items.map(itemOf));
        last = found.last;
        if (last === undefined || items.length >= limit) break;
      }
      return { items, ...(last !== undefined && { next: last }) };
    },

    /**
     * How many are unread; `isMore`: a hundred were found among the newest 250, or fewer among the newest thousand, and
     * what is behind them was not looked at.
     */
    async unread(
      tenant: string,
      person: string,
    ): Promise<{ readonly count: number; readonly isMore: boolean }> {
      let count = 0;
      let last: string | undefined;
      for (const limit of COUNT_STEPS) {
        const found = await query(tenant, person, { limit, after: last, unread: true, count: true });
        count += found.count;
        last = found.last;
        if (last === undefined || count >= ENOUGH) break;
      }
      return { count, isMore: last !== undefined };
    },

    /** Marks items as read; those that do not exist are `conflict`. */
    markRead: (tenant: string, person: string, ids: readonly string[]): Promise<Written[]> =>
      execute(
        table,
        ids.map((id) => update(table, keys.inboxItem(tenant, person, id), { readAt: now() }, {})),
      ),
  };

  async function query(
    tenant: string,
    person: string,
    {
      limit,
      after,
      unread,
      count = false,
    }: { limit?: number; after?: string | undefined; unread: boolean; count?: boolean },
  ) {
    const { pk } = keys.inboxItem(tenant, person, '');
    const filters = ['#ttl > :now', ...(unread ? ['attribute_not_exists(readAt)'] : [])];
    const {
      Items = [],
      Count = 0,
      LastEvaluatedKey,
    } = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        ScanIndexForward: false,
        KeyConditionExpression: after === undefined ? 'pk = :pk' : 'pk = :pk AND sk < :after',
        FilterExpression: filters.join(' AND '),
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: toAttributes({
          ':pk': pk,
          ':now': Math.floor(now() / 1000),
          ':after': after === undefined ? undefined : keys.inboxItem(tenant, person, after).sk,
        }),
        ...(limit !== undefined && { Limit: limit }),
        ...(count && { Select: 'COUNT' as const }),
      }),
    );
    const last = LastEvaluatedKey && idOf(fromAttributes(LastEvaluatedKey));
    return { items: Items.map(fromAttributes), count: Count, last };
  }
}

function itemOf(item: Item): InboxItem {
  const readAt = number(item, 'readAt');
  const body: Omit<InboxItem, 'id'> = parseJson(text(item, 'body') ?? '{}');
  return { ...body, id: idOf(item), ...(readAt !== undefined && { readAt }) };
}

function idOf({ sk }: Pick<Item, 'sk'>): string {
  return sk.slice(sk.indexOf('#') + 1);
}
