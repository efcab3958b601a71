import { tell } from '../../lib/pipeline/windows/tell.ts';
import type { GroupWindow } from '../../lib/core/group-window.ts';
import type { Event } from '../../lib/core/event.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { type Rig, destination } from './rig.ts';
import { openTimedWorld } from './timed-world.ts';

export type FailoverWorld = Awaited<ReturnType<typeof openFailoverWorld>>;

const TTL = 2e9;

/** `dev` hears in place of `ops` what that has not accepted within five minutes. */
export async function openFailoverWorld(rig: Rig) {
  const world = await openTimedWorld(rig);
  world.destinations = [
    destination('ops', { failover: { to: 'dev', afterMs: 300_000 } }),
    destination('dev'),
    destination('boss'),
  ];
  return world;
}

/** A window of what `ops` hears together. */
export function windowOf(n: number, closedAt: number): GroupWindow {
  return {
    tenant: 'acme',
    group: 'g'.padEnd(22, '0'),
    n,
    kind: 'group',
    destination: 'ops',
    rule: 'r',
    values: {},
    phase: 'closed',
    dueAt: '',
    dueAtMs: closedAt,
    closedAt,
  };
}

/** Tells of a window; what goes to events is routed, and what goes to its destination is not accepted there. */
export async function tellOf(window: GroupWindow, digest: Event, rig: Rig, world: FailoverWorld) {
  return tell(
    { ...window, outcome: { digest } },
    {
      ...world,
      windows: { open: async () => [] },
      record: createFanOuts(rig.store.ledger, rig.store).record,
      catalog: async () => ({
        ...rig.catalog,
        destinations: new Map(world.destinations.map((one) => [one.id, one])),
      }),
      channels: new Map(),
      queues: { http: 'http', urgent: 'urgent' },
      eventQueues: { normal: 'events', urgent: 'urgent-events' },
      enqueue: async (to, messages) => (to === 'events' ? await world.enqueue(to, messages) : { failed: [] }),
      windowTtl: () => TTL,
      ttl: () => TTL,
      now: rig.store.now,
    },
  );
}
