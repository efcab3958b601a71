import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { dueAtOf } from '../core/due-entry.ts';
import {
  type Group,
  type GroupWindow,
  type NewWindow,
  type WindowOutcome,
  type WindowRef,
  digestId,
  heldReason,
  windowEntry,
  windowText,
} from '../core/group-window.ts';
import { type Key, WINDOWS, dueKey, keys } from '../core/keys.ts';
import type { Written } from '../core/written.ts';
import { openAttributes } from './outcomes.ts';
import {
  type Statement,
  type Table,
  execute,
  fromAttributes,
  getItems,
  insert,
  keyText,
  toAttributes,
  update,
} from './table.ts';
import { windowOf } from './window-items.ts';

type GroupRef = Pick<Group, 'tenant' | 'group'>;

/**
 * Windows of groups, in the order of their numbers: a new one is opened under the next number where nobody else has,
 * and every later change is conditional on what was read.
 */
export function createWindows(table: Table, { now }: { readonly now: () => number }) {
  const one = async (statement: Statement): Promise<Written> => (await execute(table, [statement]))[0]!;

  return {
    /** The last window of each group, in order; `undefined`: there never was one. */
    last: (groups: readonly GroupRef[]): Promise<(GroupWindow | undefined)[]> =>
      Promise.all(groups.map((group) => lastOf(table, group))),

    read: (refs: readonly WindowRef[]) => readWindows(table, refs),

    /** `conflict`: somebody else has opened it. */
    open: (windows: readonly NewWindow[], ttl: number): Promise<Written[]> =>
      execute(
        table,
        windows.map((window) => insert(table, { ...keyOf(window), ...opened(window, now()), ttl })),
      ),

    /** Lets an open window close sooner; from then on somebody waits for it. `conflict`: it has changed. */
    hasten: (window: GroupWindow, dueAtMs: number): Promise<Written> => {
      const set = { ...dueAttributes(window, dueAtMs), ...listed(window, now()) };
      return one(update(table, keyOf(window), set, { phase: 'open', dueAt: window.dueAt }));
    },

    /** Looks at it again later. `conflict`: it has changed. */
    postpone: (window: GroupWindow, dueAtMs: number): Promise<Written> => {
      const where = { phase: window.phase, dueAt: window.dueAt };
      return one(update(table, keyOf(window), dueAttributes(window, dueAtMs), where));
    },

    /** Makes `owner` the one who closes it, for the length of a lease; then its entry comes up again. */
    begin: (window: GroupWindow, owner: string, leaseUntil: number, ttl: number): Promise<Written> => {
      const set = { phase: 'closing', owner, leaseUntil, ttl, ...dueAttributes(window, leaseUntil) };
      const where =
        window.phase === 'open'
          ? { phase: 'open', dueAt: window.dueAt }
          : { phase: 'closing', owner: window.owner, leaseUntil: window.leaseUntil };
      return one(update(table, keyOf(window), set, where));
    },

    /** Closes it with what came of it, under the fence of its owner. It is no longer among what waits. */
    close: (
      window: WindowRef,
      owner: string,
      outcome: WindowOutcome,
      pages: number,
      ttl: number,
    ): Promise<Written> => {
      const set = { phase: 'closed', closedAt: now(), outcome: JSON.stringify(outcome), pages, ttl };
      return one(update(table, keyOf(window), set, { phase: 'closing', owner }, 'open'));
    },

    /** Takes its entry out of the due index. */
    finish: (window: GroupWindow): Promise<Written> =>
      one(
        update(
          table,
          keyOf(window),
          { finishedAt: now() },
          { phase: 'closed', dueAt: window.dueAt },
          'dueAt',
        ),
      ),
  };
}

/** Windows by their names; absent ones are absent from the map. */
export async function readWindows(
  table: Table,
  refs: readonly WindowRef[],
): Promise<Map<string, GroupWindow>> {
  const items = await getItems(table, refs.map(keyOf));
  return new Map(
    refs.flatMap((ref) => {
      const window = windowOf(items.get(keyText(keyOf(ref))));
      return window ? [[windowText(ref), window] as const] : [];
    }),
  );
}

async function lastOf(table: Table, { tenant, group }: GroupRef): Promise<GroupWindow | undefined> {
  const { pk } = keys.window(tenant, group, 1);
  const { Items = [] } = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :windows)',
      ExpressionAttributeValues: toAttributes({ ':pk': pk, ':windows': WINDOWS }),
      ScanIndexForward: false,
      Limit: 1,
    }),
  );
  return windowOf(Items[0] && fromAttributes(Items[0]));
}

function keyOf({ tenant, group, n }: WindowRef): Key {
  return keys.window(tenant, group, n);
}

function opened(window: NewWindow, nowMs: number): object {
  const { tenant, group, n, kind, destination, rule, values, repeatMs, afterMs, dueAtMs, isEmpty } = window;
  return {
    tenant,
    group,
    n,
    kind,
    destination,
    rule,
    values: JSON.stringify(values),
    repeatMs,
    afterMs,
    phase: 'open',
    // As the index of what is not delivered shows it: the delivery it will lead to.
    state: 'held',
    reason: heldReason(kind),
    attempt: 0,
    ...dueAttributes(window, dueAtMs),
    ...(!isEmpty && listed(window, nowMs)),
  };
}

function listed(window: WindowRef & Pick<Group, 'destination'>, nowMs: number): object {
  const { tenant, destination } = window;
  return openAttributes({ tenant, event: digestId(window), destination }, nowMs);
}

function dueAttributes(window: WindowRef, atMs: number) {
  const id = windowEntry(window);
  return {
    due: dueKey(window.tenant, id, atMs),
    dueAt: dueAtOf(window.tenant, id, atMs),
    nextAt: atMs,
  };
}
