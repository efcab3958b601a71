import { openCursor, sealCursor } from '../../core/cursor.ts';
import { EVENT_ID } from '../../core/event.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import { type DeliveryView, type EventView, LIST_STATES, type ListState } from '../../core/views.ts';
import { notFound, refusal, type Step } from './endpoint.ts';

export interface ListOptions {
  /** Absent: everything that is not delivered. */
  readonly state?: Exclude<ListState, 'undelivered'>;
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string;
}

export interface ReadDeps {
  readonly findEvent: (tenant: string, id: string) => Promise<EventView | undefined>;
  readonly listOpen: (
    tenant: string,
    options: ListOptions,
  ) => Promise<{ readonly items: readonly DeliveryView[]; readonly next?: string | undefined }>;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** One event with its deliveries and their attempts. */
export function getEvent({ findEvent }: ReadDeps): Step {
  return async ({ caller, params }) => {
    const id = params['id'] ?? '';
    const event = EVENT_ID.test(id) ? await findEvent(caller.tenant, id) : undefined;
    if (!event) throw notFound();
    return { status: 200, body: event };
  };
}

/** Deliveries that are not delivered, a page at a time. */
export function listDeliveries({ listOpen }: ReadDeps): Step {
  return async ({ caller, query }) => {
    const state = stateOf(query.get('state') ?? 'undelivered');
    const limit = limitOf(query.get('limit'));
    const seal = { key: caller.cursorKey, tenant: caller.tenant, list: `deliveries:${state}` };
    const cursor = query.get('cursor');
    const after = cursor === null ? undefined : openCursor(cursor, seal);
    if (cursor !== null && after === undefined) {
      throw new ProblemError(
        problem('invalid-cursor', 'Use the cursor of the page before, with the same key and state.'),
      );
    }
    const page = await listOpen(caller.tenant, {
      limit,
      ...(state !== 'undelivered' && { state }),
      ...(after !== undefined && { after }),
    });
    const next = page.next === undefined ? {} : { cursor: sealCursor(page.next, seal) };
    return { status: 200, body: { items: page.items, ...next } };
  };
}

function stateOf(text: string): ListState {
  const state = LIST_STATES.find((one) => one === text);
  if (state) return state;
  throw refusal([{ pointer: '/state', code: 'oneOf', detail: `state is one of ${LIST_STATES.join(', ')}` }]);
}

function limitOf(text: string | null): number {
  if (text === null) return DEFAULT_LIMIT;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw refusal([
    { pointer: '/limit', code: 'range', detail: `limit is a whole number from 1 to ${MAX_LIMIT}` },
  ]);
}
