import { type DeliveryRef, type Recorded, attemptOf, judge, refText } from '../core/claim.ts';
import { type Catalog, baseOf } from '../core/catalog.ts';
import { type FanOut, type Pair, listedIn, pairsIn, planFanOuts } from '../core/fan-out.ts';
import {
  type DeliveryPack,
  type EventPack,
  type Message,
  type ParsedMessage,
  type QueueRecord,
  parseDeliveryPack,
  parseEventPack,
} from '../core/message.ts';
import { render } from '../core/render.ts';
import { type KeptUntil, retentionOf } from '../core/retention.ts';
import { rulesAt } from '../core/rules.ts';
import { type BurialPlan, type BuryDeps, bury } from './bury.ts';
import { gather } from './deliver/work.ts';
import { toError } from './each.ts';
import { type ContestDeps, decideContests } from './fan-out/contest.ts';
import { type EscalateDeps, escalate } from './fan-out/escalate.ts';
import { type TakeDeps, takeScheduled } from './fan-out/take.ts';
import { type WatchDeps, watchFailovers } from './fan-out/watch.ts';
import { expiryOf, templateOf } from './fan-out/plan.ts';
import { heldOf } from './hold/held-of.ts';
import type { Held } from './hold/seat.ts';
import { type Read, type ReadDeps, readMessages } from './read.ts';
import { type Matches, type RecipientDeps, matchAll } from './recipients.ts';

export interface DeadLetterDeps
  extends
    ReadDeps,
    BuryDeps,
    ContestDeps,
    Omit<TakeDeps, 'escalations'>,
    RecipientDeps,
    EscalateDeps,
    WatchDeps {
  readonly read: (refs: readonly DeliveryRef[]) => Promise<ReadonlyMap<string, Recorded>>;
  readonly record: (planned: readonly FanOut[], until: KeptUntil) => Promise<readonly (FanOut | undefined)[]>;
  readonly catalog: (tenant: string) => Promise<Catalog>;
  /** Puts deliveries into windows; answers the ids of messages that must come again. */
  readonly hold: (held: readonly Held[]) => Promise<ReadonlySet<string>>;
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
        message.kind === 'deliveries'
          ? await buryDeliveries(record, message, deps)
          : await buryEvents({ record, message }, deps);
      if (!done) failed.push(record.messageId);
    } catch (error) {
      deps.telemetry.log('error', 'dead letter cannot be settled', {
        messageId: record.messageId,
        error: toError(error),
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
async function buryDeliveries(
  record: QueueRecord,
  message: DeliveryPack,
  deps: DeadLetterDeps,
): Promise<boolean> {
  const { works } = gather([{ record, message }]);
  const catalog = await deps.catalog(message.tenant);
  const channel = baseOf(catalog, message.destination)?.channel ?? 'unknown';
  // A lease that runs out after the look says nothing.
  const nowMs = deps.now();
  const recorded = await deps.read(works.map(({ ref }) => ref));
  const judged = works.map(({ id, ref, mode, ...work }) => {
    const seen = recorded.get(id);
    // The message of an ordered delivery stands for every attempt.
    const n = message.order === undefined ? work.delivery.n : attemptOf(seen?.claim);
    const delivery = { ...work.delivery, n };
    const asked = { n, alone: true, owner: '', once: mode === 'atMostOnce' };
    return {
      ref,
      delivery,
      seen: seen?.claim,
      kind: judge(asked, seen?.claim, seen?.completion, nowMs).kind,
    };
  });
  const open = judged.filter(({ kind }) => kind !== 'acknowledge' && kind !== 'wait');
  const plans = open.map(({ ref, delivery, seen, kind }): BurialPlan => {
    const { n, since, notification: content, mode, incident, retentionDays } = delivery;
    const reason = kind === 'poison' || kind === 'ambiguous' ? kind : 'exhausted';
    const untold = mode === 'claimsOff' && n === 1 && !seen;
    return { ref, reason, attempt: n, channel, since, content, mode, incident, retentionDays, seen, untold };
  });
  return (await bury(plans, deps)) && judged.every(({ kind }) => kind !== 'wait');
}

/** Whether every delivery that the pack's events should have led to is over, or in other hands. */
async function buryEvents(read: Read<EventPack>, deps: DeadLetterDeps): Promise<boolean> {
  const [taken] = await takeScheduled(await decideContests([read], deps), deps);
  if (!taken) return false;
  const pack = taken.message;
  const catalog = await deps.catalog(pack.tenant);
  const rules = rulesAt(catalog, deps.now());
  const matches = await matchAll(pack.tenant, pack.items, catalog, rules, deps);
  const planned = planFanOuts(pack, { ...rules, matchesOf: ({ id }) => matches.get(id)! });
  const recorded = await deps.record(planned, deps.ttl);
  const fanOuts = recorded.filter((fanOut) => fanOut !== undefined);
  if (fanOuts.length < planned.length) return false;
  // Nothing is sent before its record is written: of one that is new, nothing was.
  const isNew = fanOuts.every((fanOut) => planned.includes(fanOut));
  // Nobody hears of it: all the more it is told to whom its escalation names, or to the next destination.
  const escalated = await escalate([{ record: taken.record, pack, catalog, matches, fanOuts }], deps);
  const watched = await watchFailovers(escalated, deps);
  if (watched.length === 0) return false;
  const pairs = pairsIn(listedIn(pack, fanOuts));
  // What stands before the cursor was enqueued by an earlier run.
  const rest = pairs.slice(pack.cursor ?? 0).map((pair) => {
    const { event, destination } = pair;
    return Object.assign({ ref: { tenant: pack.tenant, event: event.id, destination } }, pair);
  });
  const claims = await deps.read(rest.map(({ ref }) => ref));
  const unclaimed = rest.filter(({ ref }) => !claims.has(refText(ref)));
  const plans = unclaimed.map(({ ref, event, mode }): BurialPlan => {
    const channel = baseOf(catalog, ref.destination)?.channel ?? 'unknown';
    const untold = mode === 'claimsOff' && !isNew;
    const { retentionDays } = event;
    return { ref, reason: 'fanOut', attempt: 0, channel, since: deps.now(), mode, retentionDays, untold };
  });
  // A pointer that somebody writes meanwhile may lead to a window that has no such member.
  const [waiting, going] = [true, false].map((waits) =>
    plans.filter((_, index) => unclaimed[index]!.waits === waits),
  );
  const pointed = rest.filter(({ ref, waits }) => waits && claims.get(refText(ref))?.claim.state === 'held');
  return (
    (await bury(going!, deps, true)) &&
    (await bury(waiting!, deps)) &&
    (await seatAll(read, pointed, { catalog, matches }, deps))
  );
}

/** Sees to it that what points to a window is in it; whoever wrote the pointer may not have come to that. */
async function seatAll(
  { record, message }: Read<EventPack>,
  pairs: readonly Pair[],
  { catalog, matches }: { readonly catalog: Catalog; readonly matches: Matches },
  deps: DeadLetterDeps,
): Promise<boolean> {
  const since = deps.now();
  const held = pairs.map(({ event, destination, mode }) => {
    const match = matches.get(event.id)?.find((one) => one.destinations.includes(destination));
    const channel = baseOf(catalog, destination)?.channel;
    const notification = render(event, templateOf(matches.get(event.id), destination, channel, catalog));
    const options = { ...(mode && { mode }), ...retentionOf(event), ...expiryOf(event) };
    const found = { event, destination, match, options, notification };
    return { ...heldOf(message.tenant, found, catalog, since), source: record.messageId };
  });
  return (await deps.hold(held)).size === 0;
}
