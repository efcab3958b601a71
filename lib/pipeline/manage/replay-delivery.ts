import type { Channel } from '../../channel.ts';
import type { Destination } from '../../core/catalog.ts';
import type { CatalogEntry, EntryKind } from '../../core/catalog-entry.ts';
import type { DeliveryRef } from '../../core/claim.ts';
import { isInbox, throughOf } from '../../core/destination-id.ts';
import { deliveryId } from '../../core/delivery.ts';
import type { Event } from '../../core/event.ts';
import { type Incident, incidentOf } from '../../core/incident.ts';
import type { Notification } from '../../core/notification.ts';
import { render } from '../../core/render.ts';
import { type KeptUntil, retentionOf } from '../../core/retention.ts';
import type { EventView } from '../../core/views.ts';
import type { Written } from '../../core/written.ts';
import type { Step } from './endpoint.ts';
import { type RefillDeps, refillInbox } from './refill-inbox.ts';
import { checkWritten, conflict, refOf, stateListed, type SeenDelivery } from './one-delivery.ts';

/** A dead delivery, as it was read, that is to have another round. */
export interface ReplayPlan {
  readonly ref: DeliveryRef;
  readonly seen: number;
  readonly channel: string;
  readonly content?: Notification | undefined;
  readonly incident?: Incident | undefined;
  readonly retentionDays?: number | undefined;
}

export interface ReplayDeps extends RefillDeps {
  readonly replays: {
    readonly find: (ref: DeliveryRef) => Promise<SeenDelivery | undefined>;
    readonly events: (tenant: string, ids: readonly string[]) => Promise<ReadonlyMap<string, Event>>;
    readonly start: (plan: ReplayPlan, until: KeptUntil) => Promise<Written>;
  };
  readonly entries: {
    readonly find: (tenant: string, kind: EntryKind, id: string) => Promise<CatalogEntry | undefined>;
  };
  readonly findEvent: (tenant: string, id: string) => Promise<EventView | undefined>;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly now: () => number;
}

/**
 * Gives a dead delivery another full round, to its destination as it is now. The timers send attempt 1 within a
 * minute, so that the one write is all there is to do: a crash after it loses nothing.
 */
export function replayDelivery(deps: ReplayDeps): Step {
  return async ({ caller: { tenant }, params }) => {
    const ref = refOf(tenant, params['id'] ?? '');
    const found = await deps.replays.find(ref);
    if (!found) throw notDead(await stateListed(ref, deps));
    if (found.state !== 'dead') throw notDead(found.state);

    const id = deliveryId(ref.event, ref.destination);
    if (isInbox(ref.destination)) {
      await refillInbox(ref, found, await eventOf(ref, deps), deps);
      return { status: 202, body: { id, state: 'delivered' } };
    }
    const { channel } = await targetOf(ref, deps);
    const made = found.hasContent ? {} : await makeAnew(ref, channel, deps);
    const plan = { ref, seen: found.changedAt, channel, ...made, ...retentionOf(found) };
    const written = await deps.replays.start(plan, deps.ttl);
    checkWritten(written, 'It has changed meanwhile; only a dead delivery can be replayed.');
    return { status: 202, body: { id, state: 'retrying' } };
  };
}

/** Where it goes now. Without a destination that takes it, the new round would end it unsent. */
async function targetOf({ tenant, destination }: DeliveryRef, deps: ReplayDeps): Promise<Destination> {
  const entry = await deps.entries.find(tenant, 'destination', throughOf(destination));
  if (entry?.kind !== 'destination') throw conflict('Its destination is no longer in the catalog.');
  if (!entry.body.enabled) throw conflict('Its destination is switched off.');
  return { id: entry.id, ...entry.body };
}

/** A delivery that the fan-out never came to has no content yet. */
async function makeAnew(
  ref: DeliveryRef,
  channel: string,
  deps: ReplayDeps,
): Promise<Pick<ReplayPlan, 'content' | 'incident'>> {
  const event = await eventOf(ref, deps);
  const content = render(event, undefined, deps.channels.get(channel)?.payload);
  return { content, incident: incidentOf(event, deps.now()) };
}

async function eventOf({ tenant, event: id }: DeliveryRef, { replays }: ReplayDeps): Promise<Event> {
  const event = (await replays.events(tenant, [id])).get(id);
  if (!event) throw conflict('Its event is no longer on record; post it again.');
  return event;
}

function notDead(state: string): Error {
  return conflict(`It is ${state}; only a dead delivery can be replayed.`);
}
