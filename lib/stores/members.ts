import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { type DeliveryRef, refText } from '../core/claim.ts';
import type { GroupWindow, WindowRef } from '../core/group-window.ts';
import { type Key, keys, membersOf } from '../core/keys.ts';
import type { Member } from '../core/member.ts';
import type { Notification } from '../core/notification.ts';
import { parseJson } from '../core/parse-json.ts';
import type { Found, NewPointer, Placed, Pointer } from '../core/pointer.ts';
import type { KeptUntil } from '../core/retention.ts';
import type { Written } from '../core/written.ts';
import { number, text } from './attributes.ts';
import { claimKey } from './claims.ts';
import {
  type Table,
  execute,
  fromAttributes,
  getItems,
  insert,
  keyText,
  toAttributes,
  update,
} from './table.ts';

/** Ids of an item of a snapshot: 64 KB of them. */
const PER_PAGE = 500;

/** Members of windows, the pointers that lead to them, and the snapshots that say who was in a window when it closed. */
export function createMembers(table: Table, { now }: { readonly now: () => number }) {
  return {
    /** Inserts pointers. `conflict`: the delivery is claimed, or points elsewhere. */
    point: (pointers: readonly NewPointer[], until: KeptUntil): Promise<Written[]> =>
      execute(
        table,
        pointers.map(({ ref, group, n, reason, channel, since, replaces, ...pointer }) => {
          const owner = { owner: '-', k: 0, i: 0, attempt: 0, takeovers: 0, leaseUntil: 0 };
          const { expiresAtMs, retentionDays } = pointer;
          const times = { since, changedAt: now(), expiresAtMs, ttl: until(retentionDays) };
          const item = { ...owner, state: 'held', reason, group, n, channel, ...times };
          return replaces === undefined
            ? insert(table, { ...claimKey(ref), ...item })
            : update(table, claimKey(ref), item, { ttl: replaces });
        }),
      ),

    /** What stands there; absent deliveries are absent from the map. */
    follow: async (refs: readonly DeliveryRef[]): Promise<Map<string, Found>> => {
      const items = await getItems(table, refs.map(claimKey));
      return new Map(
        refs.flatMap((ref): [string, Found][] => {
          const item = items.get(keyText(claimKey(ref)));
          if (!item) return [];
          const [group, n, ttl] = [text(item, 'group'), number(item, 'n'), number(item, 'ttl') ?? Infinity];
          if (ttl * 1000 < now()) return [[refText(ref), { kind: 'expired', ttl }]];
          if (item['state'] !== 'held' || group === undefined || n === undefined)
            return [[refText(ref), { kind: 'claim' }]];
          return [[refText(ref), { kind: 'pointer', group, n }]];
        }),
      );
    },

    /** Moves pointers on to other windows of their groups. `conflict`: somebody else has. */
    move: (moves: readonly { readonly from: Pointer; readonly n: number }[]): Promise<Written[]> =>
      execute(
        table,
        moves.map(({ from: { ref, group, n: seen }, n }) =>
          update(table, claimKey(ref), { n, changedAt: now() }, { state: 'held', group, n: seen }),
        ),
      ),

    /** Puts members into their windows. `conflict`: it is there already. */
    put: (placed: readonly Placed[], until: KeptUntil): Promise<Written[]> =>
      execute(
        table,
        placed.map(({ window, member, content }) =>
          insert(table, {
            ...memberKey(window, member.event),
            member: JSON.stringify(member),
            content: content && JSON.stringify(content),
            ttl: until(member.retentionDays),
          }),
        ),
      ),

    /** The members of a window, at most `limit`. */
    list: async ({ tenant, group, n }: WindowRef, limit = Infinity): Promise<Member[]> => {
      const members: Member[] = [];
      let start: ReturnType<typeof toAttributes> | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await table.client.send(
          new QueryCommand({
            TableName: table.name,
            ConsistentRead: true,
            KeyConditionExpression: 'pk = :pk AND begins_with(sk, :members)',
            // Without what they were to say: all that a window holds has to fit into memory.
            ProjectionExpression: 'pk, sk, #member',
            ExpressionAttributeNames: { '#member': 'member' },
            ExpressionAttributeValues: toAttributes({
              ':pk': keys.window(tenant, group, n).pk,
              ':members': membersOf(n),
            }),
            ...(limit < Infinity && { Limit: limit - members.length }),
            ...(start && { ExclusiveStartKey: start }),
          }),
        );
        members.push(...Items.flatMap((item) => memberIn(fromAttributes(item))));
        start = LastEvaluatedKey;
      } while (start && members.length < limit);
      return members;
    },

    /** What a member was to say. */
    content: async (window: WindowRef, event: string): Promise<Notification | undefined> => {
      const key = memberKey(window, event);
      const body = text((await getItems(table, [key])).get(keyText(key)) ?? {}, 'content');
      return body === undefined ? undefined : parseJson(body);
    },

    /** Writes down who was in a window when `owner` read it; answers the number of items. */
    snapshot: async (
      { tenant, group, n }: WindowRef,
      owner: string,
      events: readonly string[],
      ttl: number,
    ): Promise<number | undefined> => {
      const pages = Array.from({ length: Math.ceil(events.length / PER_PAGE) }, (_, k) =>
        events.slice(k * PER_PAGE, (k + 1) * PER_PAGE),
      );
      const written = await execute(
        table,
        pages.map((ids, k) =>
          insert(table, { ...keys.snapshot(tenant, group, n, owner, k), events: ids.join(' '), ttl }),
        ),
      );
      return written.every(({ kind }) => kind !== 'unknown') ? pages.length : undefined;
    },

    /** Who was in a window that is closed. */
    taken: async ({ tenant, group, n, owner = '', pages = 0 }: GroupWindow): Promise<Set<string>> => {
      const wanted = Array.from({ length: pages }, (_, k) => keys.snapshot(tenant, group, n, owner, k));
      const items = await getItems(table, wanted);
      return new Set([...items.values()].flatMap((item) => (text(item, 'events') ?? '').split(' ')));
    },
  };
}

function memberKey({ tenant, group, n }: WindowRef, event: string): Key {
  return keys.member(tenant, group, n, event);
}

function memberIn(item: Readonly<Record<string, unknown>>): Member[] {
  const body = text(item, 'member');
  return body === undefined ? [] : [parseJson(body)];
}
