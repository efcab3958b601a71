import { type Catalog, baseOf } from '../../core/catalog.ts';
import type { ChannelFacts } from '../../core/channel-facts.ts';
import { type DeliveryRef, refText } from '../../core/claim.ts';
import type { Delivery } from '../../core/delivery.ts';
import { INBOX, isInbox } from '../../core/destination-id.ts';
import type { Event } from '../../core/event.ts';
import { type Incident, incidentOf } from '../../core/incident.ts';
import { type DeliveryPack, PACK_MAX_DELIVERIES, PACK_TARGET_BYTES, packBySize } from '../../core/message.ts';
import type { DeliveryMode } from '../../core/mode.ts';
import type { Notification } from '../../core/notification.ts';
import { render } from '../../core/render.ts';
import type { Candidate, DeadFilter, Page, ReplayJob, Slot } from '../../core/replay.ts';
import { type KeptUntil, retentionOf } from '../../core/retention.ts';
import type { Written } from '../../core/written.ts';
import {
  type DeliverQueues,
  type Enqueue,
  type Outgoing,
  deliverQueue,
  enqueueAll,
  groupOf,
} from '../queues.ts';
import type { Source } from '../replays.ts';
import { type PeopleDeps, refillInboxes, wantedOf } from './people.ts';

export interface DeadDelivery extends Candidate {
  readonly ref: DeliveryRef;
}

/** A dead delivery as it is read right before its new round. */
export interface Rising {
  readonly ref: DeliveryRef;
  /** Epoch ms of its last change: the condition of the new round. */
  readonly seen: number;
  readonly content?: Notification | undefined;
  readonly mode?: DeliveryMode | undefined;
  readonly incident?: Incident | undefined;
  readonly retentionDays?: number | undefined;
}

export interface DeadDeps extends PeopleDeps {
  readonly pages: {
    readonly dead: (
      tenant: string,
      filter: DeadFilter,
      cursor: string,
      limit: number,
    ) => Promise<Page<DeadDelivery>>;
  };
  readonly replays: {
    /** Those that are dead still. */
    readonly dead: (refs: readonly DeliveryRef[]) => Promise<readonly Rising[]>;
    readonly events: (tenant: string, ids: readonly string[]) => Promise<ReadonlyMap<string, Event>>;
    readonly startAll: (
      risings: readonly (Rising & { readonly channel: string })[],
      dueAtMs: number,
      until: KeptUntil,
    ) => Promise<readonly Written[]>;
  };
  readonly catalog: (tenant: string) => Promise<Catalog>;
  readonly channels: ReadonlyMap<string, ChannelFacts>;
  readonly enqueue: Enqueue;
  readonly queues: DeliverQueues;
  readonly now: () => number;
}

/** When the timers send what was started, should its message have been lost. */
const AGAIN_MS = 15 * 60_000;

/** Dead deliveries that match a filter: each gets a new round, on the condition that it is dead still. */
export function deadSource(
  { tenant }: ReplayJob,
  filter: DeadFilter,
  deps: DeadDeps,
): (job: ReplayJob) => Source<DeadDelivery> {
  return ({ cursor }) => ({
    page: (limit) => deps.pages.dead(tenant, filter, cursor, limit),
    async send(slots) {
      const nowMs = deps.now();
      const all = await roundsOf(tenant, slots, deps);
      const filled = await refillInboxes(all, deps);
      const rounds = all.filter(({ ref }) => !isInbox(ref.destination));
      const written = await deps.replays.startAll(rounds, nowMs + AGAIN_MS, deps.ttl);
      const started = rounds.filter((_, index) => written[index]?.kind === 'written');
      // A message that is lost here comes by the timers: the start has put it into their hands.
      await enqueueAll(outgoingOf(started, nowMs, deps), deps.enqueue);
      if (written.some(({ kind }) => kind === 'unknown'))
        throw new Error('some starts may not have been written');
      return filled + started.length;
    },
  });
}

interface Round extends Rising {
  readonly channel: string;
  readonly content: Notification;
  readonly atMs: number;
}

/** What is dead still and wanted, with its channel of today and something to say. */
async function roundsOf(
  tenant: string,
  slots: readonly Slot<DeadDelivery>[],
  deps: DeadDeps,
): Promise<Round[]> {
  const catalog = await deps.catalog(tenant);
  const risings = await deps.replays.dead(slots.map(({ candidate }) => candidate.ref));
  const silent = risings.filter(({ content }) => content === undefined);
  const events = await deps.replays.events(
    tenant,
    silent.map(({ ref }) => ref.event),
  );
  const times = new Map(slots.map(({ candidate, atMs }) => [refText(candidate.ref), atMs]));
  const rounds = risings.flatMap((rising): Round[] => {
    const { ref } = rising;
    const channel = isInbox(ref.destination)
      ? INBOX
      : (baseOf(catalog, ref.destination)?.channel ?? 'unknown');
    const event = events.get(ref.event);
    const content =
      rising.content ?? (event && render(event, undefined, deps.channels.get(channel)?.payload));
    const incident = rising.incident ?? (event && incidentOf(event, deps.now()));
    return content ? [{ ...rising, channel, content, incident, atMs: times.get(refText(ref)) ?? 0 }] : [];
  });
  return await wantedOf(tenant, rounds, catalog, deps);
}

function outgoingOf(rounds: readonly Round[], nowMs: number, { queues }: DeadDeps): Outgoing[] {
  const groups = Map.groupBy(rounds, ({ ref, channel, atMs }) =>
    [ref.destination, channel, delayOf(atMs, nowMs)].join('#'),
  );
  return [...groups.values()].flatMap((group) => {
    const items = group.map(({ content, mode, incident, ...round }): Delivery => {
      return {
        notification: content,
        n: 1,
        since: nowMs,
        ...(mode && { mode }),
        ...retentionOf(round),
        ...(incident && { incident }),
      };
    });
    const { ref, channel, atMs } = group[0]!;
    return packBySize(items, PACK_TARGET_BYTES, PACK_MAX_DELIVERIES).map((pack): Outgoing => {
      const { tenant, destination } = ref;
      const message: DeliveryPack = {
        v: 1,
        kind: 'deliveries',
        tenant,
        destination,
        lane: 'normal',
        items: pack,
      };
      return {
        queue: deliverQueue(queues, channel, 'normal'),
        message: {
          body: JSON.stringify(message),
          groupId: replayGroup(groupOf(tenant, destination)),
          delaySeconds: delayOf(atMs, nowMs),
        },
      };
    });
  });
}

/** Whole seconds until a time. */
export function delayOf(atMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((atMs - nowMs) / 1000));
}

/** A fair queue serves what happens now beside a replay, and not behind it. */
export function replayGroup(group: string): string {
  return `${group}#replay`;
}
