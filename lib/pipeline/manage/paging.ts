import type { Caller } from '../../core/caller.ts';
import { openCursor, sealCursor } from '../../core/cursor.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import { type Call, refusal } from './endpoint.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

export interface Paging {
  readonly limit: number;
  /** Where the page before ended. */
  readonly after?: string;
  /** What leads to the next page; nothing when there is none. */
  readonly next: (position: string | undefined) => { readonly cursor?: string };
}

/** Reads `limit` and `cursor`; a cursor opens only for the key and the list that it was given for. */
export function pagingOf(
  { caller, query }: { readonly caller: Caller } & Pick<Call, 'query'>,
  list: string,
  maxLimit: number = MAX_LIMIT,
): Paging {
  const limit = limitOf(query.get('limit'), maxLimit);
  const seal = { key: caller.cursorKey, tenant: caller.tenant, list };
  const cursor = query.get('cursor');
  const after = cursor === null ? undefined : openCursor(cursor, seal);
  if (cursor !== null && after === undefined) {
    throw new ProblemError(
      problem('invalid-cursor', 'Use the cursor of the page before, with the same key and filter.'),
    );
  }
  return {
    limit,
    ...(after !== undefined && { after }),
    next: (position) => (position === undefined ? {} : { cursor: sealCursor(position, seal) }),
  };
}

function limitOf(text: string | null, maxLimit: number): number {
  if (text === null) return Math.min(DEFAULT_LIMIT, maxLimit);
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= maxLimit) return limit;
  throw refusal([
    { pointer: '/limit', code: 'range', detail: `limit is a whole number from 1 to ${maxLimit}` },
  ]);
}
