import type { DeliveryRef } from '../../core/claim.ts';
import { type State, deliveryId, parseDeliveryId } from '../../core/delivery.ts';
import { DESTINATION_ID } from '../../core/destination-id.ts';
import { EVENT_ID } from '../../core/event.ts';
import type { Telemetry } from '../../core/metrics.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import type { KeptUntil } from '../../core/retention.ts';
import type { DeliveryView, EventView } from '../../core/views.ts';
import type { Written } from '../../core/written.ts';
import { notFound, type Step } from './endpoint.ts';

/** A delivery as it was read: the condition of whatever a person does to it. */
export interface SeenDelivery {
  readonly state: State;
  /** Epoch ms. */
  readonly changedAt: number;
  readonly hasContent: boolean;
  /** It waits in a window, to be told with others. */
  readonly waits?: true;
  readonly retentionDays?: number;
}

export interface OneDeliveryDeps {
  readonly findEvent: (tenant: string, id: string) => Promise<EventView | undefined>;
  readonly replays: {
    readonly find: (ref: DeliveryRef) => Promise<SeenDelivery | undefined>;
    readonly discard: (ref: DeliveryRef, seen: SeenDelivery, until: KeptUntil) => Promise<Written>;
  };
  /** Epoch seconds until which a delivery is kept that changes now. */
  readonly ttl: KeptUntil;
  readonly telemetry: Pick<Telemetry, 'log'>;
}

/** One delivery with its attempts. */
export function getDelivery(deps: Pick<OneDeliveryDeps, 'findEvent'>): Step {
  return async ({ caller: { tenant }, params }) => {
    const delivery = await listed(refOf(tenant, params['id'] ?? ''), deps);
    if (!delivery) throw notFound();
    return { status: 200, body: delivery };
  };
}

/** States in which nobody is sending: what is being sent now will have an outcome of its own. */
const AT_REST: readonly State[] = ['dead', 'retrying', 'held'];

/** Ends a delivery for good. A message that is still on its way finds it finished, and sends nothing. */
export function discardDelivery(deps: OneDeliveryDeps): Step {
  return async ({ caller: { tenant }, params }) => {
    const ref = refOf(tenant, params['id'] ?? '');
    const seen = await deps.replays.find(ref);
    if (!seen || !AT_REST.includes(seen.state)) {
      const state = seen?.state ?? (await stateListed(ref, deps));
      throw conflict(`It is ${state}; only what is ${AT_REST.join(', ')} can be discarded.`);
    }
    if (seen.waits) throw conflict('It is told together with others; discard the delivery of their digest.');
    checkWritten(await deps.replays.discard(ref, seen, deps.ttl), 'It has changed meanwhile.');
    deps.telemetry.log('info', 'delivery discarded', { ...ref, outcome: 'discarded', reason: 'manual' });
    const id = deliveryId(ref.event, ref.destination);
    return { status: 200, body: { id, state: 'discarded', reason: 'manual' } };
  };
}

/** The delivery that a path names; nothing is found under what cannot be one. */
export function refOf(tenant: string, id: string): DeliveryRef {
  const parsed = parseDeliveryId(id);
  if (!parsed || !EVENT_ID.test(parsed.event) || !DESTINATION_ID.test(parsed.destination)) throw notFound();
  return { tenant, ...parsed };
}

/** The state of a delivery that nobody has claimed: on its way, or kept back. Ends the request where there is none. */
export async function stateListed(
  ref: DeliveryRef,
  deps: Pick<OneDeliveryDeps, 'findEvent'>,
): Promise<string> {
  const delivery = await listed(ref, deps);
  if (!delivery) throw notFound();
  return delivery.state;
}

/** A delivery on record, or one that the fan-out lists though nobody has claimed it yet. */
async function listed(
  { tenant, event, destination }: DeliveryRef,
  { findEvent }: Pick<OneDeliveryDeps, 'findEvent'>,
): Promise<DeliveryView | undefined> {
  const view = await findEvent(tenant, event);
  return view?.deliveries.find((delivery) => delivery.destination === destination);
}

/** Ends the request unless the write is known to have been applied. */
export function checkWritten({ kind }: Written, changed: string): void {
  if (kind === 'unknown') throw new ProblemError(problem('unavailable'), { 'retry-after': '5' });
  if (kind === 'conflict') throw conflict(changed);
}

export function conflict(detail: string): ProblemError {
  return new ProblemError(problem('conflict', detail));
}
