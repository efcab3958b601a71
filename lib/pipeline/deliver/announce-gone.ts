import { type GoneDestination, goneNotice } from '../../core/gone-notice.ts';
import type { Enqueue } from '../queues.ts';

export interface AnnounceDeps {
  readonly enqueue: Enqueue;
  /** The queue of normal events. */
  readonly events: string;
  readonly now: () => number;
}

/** Puts the notice of a destination that is gone among the tenant's events; throws when it is not safe there. */
export function createGoneAnnouncer({ enqueue, events, now }: AnnounceDeps) {
  return async (tenant: string, destination: Omit<GoneDestination, 'tenant'>): Promise<void> => {
    const body = JSON.stringify(goneNotice({ ...destination, tenant }, now()));
    const { failed } = await enqueue(events, [{ body, groupId: tenant }]);
    if (failed.length > 0) throw new Error('the notice of a destination that is gone cannot be enqueued');
  };
}
