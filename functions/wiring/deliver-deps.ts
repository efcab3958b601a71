import type { Lane } from '../../lib/core/event.ts';
import { personOf } from '../../lib/core/destination-id.ts';
import type { DeliverDeps } from '../../lib/pipeline/deliver.ts';
import { createGoneAnnouncer } from '../../lib/pipeline/deliver/announce-gone.ts';
import { createPassOn } from '../../lib/pipeline/failovers/at-once.ts';
import { type OpenDeps, createOpener } from '../../lib/pipeline/deliver/open.ts';
import type { Queue } from '../../lib/platform/queue.ts';
import { createCatalogWriter } from '../../lib/stores/catalog-writer.ts';
import { MAX_SKEW_MS } from '../../lib/stores/client.ts';
import { createEventBodies } from '../../lib/stores/event-bodies.ts';
import { createIncidents } from '../../lib/stores/incidents.ts';
import { disableAddress, disableDestination } from '../../lib/stores/disable.ts';
import { createRecipientWriter } from '../../lib/stores/recipients.ts';
import { createLimits } from '../../lib/stores/limits.ts';
import { createLotNotes } from '../../lib/stores/lot-notes.ts';
import type { State } from './state.ts';

export interface Surroundings
  extends
    Pick<DeliverDeps, 'channelOf' | 'post' | 'ownQueue' | 'queues' | 'random'>,
    Pick<OpenDeps, 'secrets' | 'resolve'> {
  readonly queue: Queue;
  readonly eventQueues: Readonly<Record<Lane, string>>;
  /** Time-out of the function. */
  readonly timeoutMs: number;
  /** How far our clock is off that of AWS. */
  readonly skewMs: () => number;
  readonly newId: () => string;
}

/** A claim outlives every invocation that may hold it: time-out and 5 s. */
const LEASE_MARGIN_MS = 5_000;

/** What deliveries are made with, on this state; owner and deadline are those of an invocation. */
export function deliverDeps(
  state: State,
  surroundings: Surroundings,
): Omit<DeliverDeps, 'owner' | 'remainingMs'> {
  const { claims, outcomes, telemetry, now, wait } = state;
  const { queue, eventQueues, timeoutMs, skewMs, newId: _, secrets, resolve, ...rest } = surroundings;
  const { enqueue } = queue;
  const writer = createCatalogWriter(state.catalogTable);
  const people = createRecipientWriter(state.catalogTable);
  const announce = createGoneAnnouncer({ enqueue, events: eventQueues.normal, now });
  const bodies = createEventBodies(state.ledger);

  return {
    ...rest,
    catalog: state.catalogs.get,
    recipients: state.recipients,
    open: createOpener({ secrets, resolve, now }),
    limits: createLimits(state.limitsTable, state),
    claims,
    complete: claims.complete,
    noteLot: createLotNotes(state.ledger, { now }),
    incidents: createIncidents(state.ledger, { now }),
    markDead: claims.markDead,
    passOn: createPassOn({ catalog: state.catalogs.get, bodies, enqueue, eventQueues, telemetry, now }),
    outcomes,
    logAttempts: outcomes.log,
    poison: state.poison,
    enqueue,
    extend: (entries: Parameters<typeof queue.extend>[1]) => queue.extend(rest.ownQueue, entries),
    disable: (tenant: string, id: string, reason: 'gone') =>
      personOf(id) === undefined
        ? disableDestination(tenant, id, reason, { writer, announce })
        : disableAddress(tenant, id, { writer, people, announce }),
    skewed: () => Math.abs(skewMs()) > MAX_SKEW_MS,
    onWasted: (slots: number) => telemetry.add('SlotsWasted', slots),
    leaseMs: timeoutMs + LEASE_MARGIN_MS,
    ttl: state.ttl,
    telemetry,
    now,
    wait,
  };
}
