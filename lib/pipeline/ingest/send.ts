import { type EventPack, type OutgoingMessage, packBySize } from '../../core/message.ts';
import { redactError } from '../../core/redact.ts';
import { type Enqueue, enqueueAll } from '../queues.ts';
import type { Fresh, IngestDeps, Sent } from './work.ts';

/** Packs events by lane and enqueues them; answers those that are safe in a queue. */
export async function send(
  tenant: string,
  fresh: readonly Fresh[],
  deps: Pick<IngestDeps, 'enqueue' | 'queues' | 'newId' | 'telemetry'>,
): Promise<Sent[]> {
  const outgoing = [...Map.groupBy(fresh, ({ event }) => event.lane)].flatMap(([lane, events]) =>
    packBySize(events).map((part) => {
      const pack = deps.newId();
      const sent = part.map((one): Sent => ({ ...one, pack }));
      return { queue: deps.queues[lane], message: messageOf(tenant, pack, part), sent };
    }),
  );
  const safe = await enqueueAll(outgoing, told(deps));
  return outgoing.flatMap(({ sent }, index) => (safe[index] ? sent : []));
}

/** The tenant is the fair-queue group: its flood slows only itself. */
function messageOf(tenant: string, pack: string, events: readonly Fresh[]): OutgoingMessage {
  const contested = events.filter(({ isContested }) => isContested);
  const body: EventPack = {
    v: 1,
    kind: 'events',
    tenant,
    pack,
    items: events.map(({ event }) => event),
    ...(contested.length > 0 && {
      hashes: Object.fromEntries(contested.map(({ event, hash }) => [event.id, hash])),
    }),
  };
  return { body: JSON.stringify(body), groupId: tenant };
}

/** Whoever looks for the reason of a 503 finds it in the log. */
function told({ enqueue, telemetry }: Pick<IngestDeps, 'enqueue' | 'telemetry'>): Enqueue {
  return async (queue, messages) => {
    try {
      return await enqueue(queue, messages);
    } catch (error) {
      const count = messages.length;
      telemetry.log('error', 'events cannot be enqueued', { count, error: redactError(error) });
      throw error;
    }
  };
}
