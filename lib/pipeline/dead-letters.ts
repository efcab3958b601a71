import { type Claim, type DeliveryRef, type Recorded, judge, refText } from '../core/claim.ts';
import type { Catalog } from '../core/catalog.ts';
import type { DeadReason } from '../core/delivery.ts';
import { hourOf } from '../core/event.ts';
import type { FanOut } from '../core/fan-out.ts';
import {
  type DeliveryPack,
  type EventPack,
  type Message,
  type ParsedMessage,
  type QueueRecord,
  parseDeliveryPack,
  parseEventPack,
} from '../core/message.ts';
import type { Notification } from '../core/notification.ts';
import { compileRoutes } from '../core/route.ts';
import type { Written } from '../core/written.ts';
import { type ReadDeps, readMessages } from './read.ts';

/** A delivery to be given up. */
export interface BurialPlan {
  readonly ref: DeliveryRef;
  readonly reason: DeadReason;
  readonly attempt: number;
  readonly channel: string;
  readonly since: number;
  readonly content?: Notification | undefined;
  readonly seen?: Claim | undefined;
}

export interface DeadLetterDeps extends ReadDeps {
  readonly read: (refs: readonly DeliveryRef[]) => Promise<ReadonlyMap<string, Recorded>>;
  readonly bury: (burials: readonly BurialPlan[], ttl: number) => Promise<readonly Written[]>;
  readonly record: (planned: readonly FanOut[], ttl: number) => Promise<readonly (FanOut | undefined)[]>;
  readonly markDead: (tenant: string, event: string) => Promise<void>;
  readonly catalog: (tenant: string) => Promise<Catalog>;
  readonly ttl: () => number;
  readonly now: () => number;
}

/**
 * The last stop: gives up what no consumer could finish, so that nothing waits in a dead-letter queue unseen.
 * A delivery is judged by the very rule of the deliver step: what that would acknowledge is over, what it may
 * claim is written `dead` under the same condition, and a live lease is left to its owner.
 *
 * Answers the ids of messages that must come again.
 */
export async function buryDeadLetters(
  records: readonly QueueRecord[],
  deps: DeadLetterDeps,
): Promise<string[]> {
  const { readable, failed } = await readMessages<Message>(records, parseAny, deps);
  for (const { record, message } of readable) {
    try {
      const done =
        message.kind === 'deliveries' ? await buryDeliveries(message, deps) : await buryEvents(message, deps);
      if (!done) failed.push(record.messageId);
    } catch (error) {
      deps.telemetry.log('error', 'dead letter cannot be settled', {
        messageId: record.messageId,
        error: error as Error,
      });
      failed.push(record.messageId);
    }
  }
  return failed;
}

function parseAny(body: unknown): ParsedMessage<Message> {
  const events = parseEventPack(body);
  return events.ok ? events : parseDeliveryPack(body);
}

/** Whether every delivery of the pack is over now. */
async function buryDeliveries(pack: DeliveryPack, deps: DeadLetterDeps): Promise<boolean> {
  const channel = await channelOf(pack.tenant, pack.destination, deps);
  const refs = pack.items.map(({ notification }) => ({
    tenant: pack.tenant,
    event: notification.id,
    destination: pack.destination,
  }));
  const recorded = await deps.read(refs);
  const plans: BurialPlan[] = [];
  let waiting = false;
  pack.items.forEach(({ n, since, notification }, index) => {
    const ref = refs[index] as DeliveryRef;
    const seen = recorded.get(refText(ref));
    const judgement = judge({ n, alone: true, owner: '' }, seen?.claim, seen?.completion, deps.now());
    if (judgement.kind === 'acknowledge') return;
    if (judgement.kind === 'wait') {
      waiting = true;
      return;
    }
    const reason = judgement.kind === 'poison' ? 'poison' : 'exhausted';
    plans.push({ ref, reason, attempt: n, channel, since, content: notification, seen: seen?.claim });
  });
  return (await bury(plans, deps)) && !waiting;
}

/** Whether every delivery that the pack's events should have led to is over, or in other hands. */
async function buryEvents(pack: EventPack, deps: DeadLetterDeps): Promise<boolean> {
  const catalog = await deps.catalog(pack.tenant);
  const matching = compileRoutes(catalog.routes);
  const groups = Map.groupBy(pack.items, (event) => `${event.topic}#${hourOf(event)}`);
  const planned = [...groups.values()].map((events): FanOut => {
    const destinations = new Map(
      events.map((event) => [event.id, matching(event).flatMap((match) => match.destinations)]),
    );
    const [{ topic, time }] = events as [EventPack['items'][number]];
    return { tenant: pack.tenant, topic, hour: hourOf({ time }), pack: pack.pack, destinations };
  });
  const fanOuts = await deps.record(planned, deps.ttl());
  if (fanOuts.some((fanOut) => fanOut === undefined)) return false;
  const refs = fanOuts.flatMap((fanOut) =>
    [...(fanOut?.destinations ?? [])].flatMap(([event, destinations]) =>
      destinations.map((destination) => ({ tenant: pack.tenant, event, destination })),
    ),
  );
  const recorded = await deps.read(refs);
  const unclaimed = refs.filter((ref) => !recorded.has(refText(ref)));
  const plans = unclaimed.map((ref): BurialPlan => {
    const channel = catalog.destinations.get(ref.destination)?.channel ?? 'unknown';
    return { ref, reason: 'fanOut', attempt: 0, channel, since: deps.now() };
  });
  return await bury(plans, deps, true);
}

/** `orTaken`: a delivery that was claimed meanwhile is in good hands. */
async function bury(plans: readonly BurialPlan[], deps: DeadLetterDeps, orTaken = false): Promise<boolean> {
  const events = new Map(plans.map(({ ref }) => [`${ref.tenant}#${ref.event}`, ref]));
  await Promise.all([...events.values()].map(({ tenant, event }) => deps.markDead(tenant, event)));
  const written = plans.length === 0 ? [] : await deps.bury(plans, deps.ttl());
  plans.forEach(({ ref, channel, reason }, index) => {
    if (written[index]?.kind !== 'written') return;
    deps.telemetry.add('Dead', 1, channel);
    deps.telemetry.log('error', 'delivery given up', { ...ref, channel, outcome: 'dead', reason });
  });
  return written.every(({ kind }) => kind === 'written' || (orTaken && kind === 'conflict'));
}

async function channelOf(tenant: string, destination: string, deps: DeadLetterDeps): Promise<string> {
  return (await deps.catalog(tenant)).destinations.get(destination)?.channel ?? 'unknown';
}
