import { INBOX_ITEM_ID, type InboxItem } from '../../core/inbox.ts';
import { isoTime } from '../../core/iso-time.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import type { Written } from '../../core/written.ts';
import { notFound, refusal, type Step } from './endpoint.ts';
import { pagingOf } from './paging.ts';
import { type RecipientsDeps, stored } from './recipients.ts';

interface Page {
  readonly items: readonly InboxItem[];
  readonly next?: string;
}

export interface InboxDeps extends Pick<RecipientsDeps, 'directory'> {
  readonly inbox: {
    readonly page: (
      tenant: string,
      person: string,
      options: { readonly limit: number; readonly after?: string; readonly unread?: boolean },
    ) => Promise<Page>;
    readonly unread: (
      tenant: string,
      person: string,
    ) => Promise<{ readonly count: number; readonly isMore: boolean }>;
    readonly markRead: (
      tenant: string,
      person: string,
      ids: readonly string[],
    ) => Promise<readonly Written[]>;
  };
}

/** Items are up to some KB each. */
const MAX_PAGE = 200;

/** The messages in a person's inbox, newest first, and how many are unread. */
export function listInbox(deps: InboxDeps): Step {
  return async (call) => {
    const { tenant } = call.caller;
    const unread = unreadOf(call.query.get('unread'));
    const { recipient } = await stored(call, deps);
    const { limit, after, next } = pagingOf(call, `inbox:${recipient.id}:${unread}`, MAX_PAGE);
    const [page, { count, isMore }] = await Promise.all([
      deps.inbox.page(tenant, recipient.id, { limit, unread, ...(after !== undefined && { after }) }),
      deps.inbox.unread(tenant, recipient.id),
    ]);
    const items = page.items.map(viewOf);
    return {
      status: 200,
      body: { unread: count, ...(isMore && { unreadIsMore: true }), items, ...next(page.next) },
    };
  };
}

/** Marks one message as read; doing so twice is no error. */
export function readItem(deps: InboxDeps): Step {
  return async (call) => {
    const item = call.params['item'] ?? '';
    const { recipient } = await stored(call, deps);
    if (!INBOX_ITEM_ID.test(item)) throw notFound();
    const [written] = await deps.inbox.markRead(call.caller.tenant, recipient.id, [item]);
    if (written?.kind === 'conflict') throw notFound();
    if (written?.kind !== 'written') throw unavailable();
    return { status: 204 };
  };
}

/** Marks all that is unread now, at most `MAX_AT_ONCE` a call. */
export function readAll(deps: InboxDeps): Step {
  return async (call) => {
    const { tenant } = call.caller;
    const { recipient } = await stored(call, deps);
    const { items, next } = await deps.inbox.page(tenant, recipient.id, { limit: MAX_AT_ONCE, unread: true });
    const written = await deps.inbox.markRead(
      tenant,
      recipient.id,
      items.map(({ id }) => id),
    );
    if (written.some(({ kind }) => kind === 'unknown')) throw unavailable();
    return { status: 200, body: { read: items.length, more: next !== undefined } };
  };
}

const MAX_AT_ONCE = 500;

function unreadOf(text: string | null): boolean {
  if (text === null || text === 'false') return false;
  if (text === 'true') return true;
  throw refusal([{ pointer: '/unread', code: 'oneOf', detail: 'unread is true or false' }]);
}

function unavailable(): ProblemError {
  return new ProblemError(problem('unavailable'), { 'retry-after': '5' });
}

function viewOf({ readAt, ...item }: InboxItem): object {
  return { ...item, read: readAt !== undefined, ...(readAt !== undefined && { readAt: isoTime(readAt) }) };
}
