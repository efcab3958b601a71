import type { Catalog } from '../../core/catalog.ts';
import type { DeliveryRef } from '../../core/claim.ts';
import type { Event, Lane } from '../../core/event.ts';
import { type Standing, failoverEvent, failoverPack, standInFor } from '../../core/failover.ts';
import { type EventPack, MESSAGE_VERSION } from '../../core/message.ts';
import type { Telemetry } from '../../core/metrics.ts';
import { type Enqueue, type Outgoing, enqueueAll } from '../queues.ts';

export interface PassOnDeps {
  /** Events that are on record, by id. */
  readonly bodies: (tenant: string, ids: readonly string[]) => Promise<ReadonlyMap<string, Event>>;
  readonly enqueue: Enqueue;
  readonly eventQueues: Readonly<Record<Lane, string>>;
  readonly now: () => number;
  readonly telemetry: Telemetry;
}

/** A delivery that its provider has not accepted, as it stands. */
export interface Lost {
  readonly ref: DeliveryRef;
  readonly standing: Standing;
}

/** Events may be 256 KiB each: so many are in memory at a time. */
const AT_A_TIME = 50;

/**
 * Puts the events of deliveries into the queue once more, for the next destinations; whether all are safe there. A
 * replay goes where somebody sent it, at a pace of its own, and nowhere else.
 */
export async function passOn(
  tenant: string,
  lost: readonly Lost[],
  catalog: Catalog,
  deps: PassOnDeps,
): Promise<boolean> {
  for (let at = 0; at < lost.length; at += AT_A_TIME) {
    const some = lost.slice(at, at + AT_A_TIME);
    const events = await deps.bodies(tenant, [...new Set(some.map(({ ref }) => ref.event))]);
    const outgoing = some.flatMap(({ ref, standing }): Outgoing[] => {
      const event = events.get(ref.event);
      if (!event || event.replayOf !== undefined || isExpired(event, deps.now())) return [];
      const to = standInFor(ref.destination, catalog);
      return to === undefined ? [] : [toOutgoing(event, to, { ref, standing }, deps)];
    });
    const safe = await enqueueAll(outgoing, deps.enqueue);
    if (!safe.every(Boolean)) return false;
    if (outgoing.length > 0)
      deps.telemetry.log('warn', 'deliveries fail over', { tenant, count: outgoing.length });
  }
  return true;
}

function isExpired({ expiresAt = '' }: Event, nowMs: number): boolean {
  return Date.parse(expiresAt) <= nowMs;
}

/** A pack for each: which of them fail over in one go may be another the next time. */
function toOutgoing(
  event: Event,
  to: string,
  { ref: { tenant, destination: from }, standing: { state, reason } }: Lost,
  { eventQueues }: PassOnDeps,
): Outgoing {
  const body: EventPack = {
    v: MESSAGE_VERSION,
    kind: 'events',
    tenant,
    pack: failoverPack(event.id, from),
    items: [failoverEvent(event, to, { from, state, ...(reason !== undefined && { reason }) })],
  };
  return { queue: eventQueues[event.lane], message: { body: JSON.stringify(body), groupId: tenant } };
}
