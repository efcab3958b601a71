import type { ScopeId } from './scope.ts';

/*
 * While the normal events of a tenant grow old in the queue, more of them are not let in: what waits there for
 * long is worth less than a sender who knows that it has to wait. Fan-out sees the age of what it receives and
 * says so by pushing a scope of the tenant, which ingest looks at: no call per request, no write while all is
 * well, and a tenant's flood closes the door to itself alone, since queues are fair.
 */

/** The scope that says until when a tenant's normal events are not let in. */
export function backlogOf(tenant: string): ScopeId {
  return { tenant, id: 'backlog' };
}

/** How long one sighting of an old event keeps the door closed. */
export const CLOSED_MS = 30_000;
/** How old the knowledge of a function may be: ingest reads, and fan-out writes, once in this time. */
export const LOOK_MS = 10_000;
