import { EVENT_ID } from '../../core/event.ts';
import { type DeliveryView, type EventView, LIST_STATES, type ListState } from '../../core/views.ts';
import { notFound, refusal, type Step } from './endpoint.ts';
import { pagingOf } from './paging.ts';

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
    const { limit, after, next } = pagingOf({ caller, query }, `deliveries:${state}`);
    const page = await listOpen(caller.tenant, {
      limit,
      ...(state !== 'undelivered' && { state }),
      ...(after !== undefined && { after }),
    });
    return { status: 200, body: { items: page.items, ...next(page.next) } };
  };
}

function stateOf(text: string): ListState {
  const state = LIST_STATES.find((one) => one === text);
  if (state) return state;
  throw refusal([{ pointer: '/state', code: 'oneOf', detail: `state is one of ${LIST_STATES.join(', ')}` }]);
}
