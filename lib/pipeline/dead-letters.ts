import { type DeliveryRef, type Recorded, attemptOf, judge, refText } from '../core/claim.ts';
import { type Catalog, baseOf } from '../core/catalog.ts';
import { type FanOut, listedIn, planFanOuts } from '../core/fan-out.ts';
import {
  type DeliveryPack,
  type EventPack,
  type Message,
  type ParsedMessage,
  type QueueRecord,
  parseDeliveryPack,
  parseEventPack,
} from '../core/message.ts';
import { rulesAt } from '../core/rules.ts';
import { type BurialPlan, type BuryDeps, bury } from './bury.ts';
import { gather } from './deliver/work.ts';
import { toError } from './each.ts';
import { type ContestDeps, decideContests } from './fan-out/contest.ts';
import { type TakeDeps, takeScheduled } from './fan-out/take.ts';
import { type Read, type ReadDeps, readMessages } from './read.ts';
import { type RecipientDeps, matchAll } from './recipients.ts';

export interface DeadLetterDeps extends ReadDeps, BuryDeps, ContestDeps, TakeDeps, RecipientDeps {
  readonly read: (refs: readonly DeliveryRef[]) => Promise<ReadonlyMap<string, Recorded>>;
  readonly record: (planned: readonly FanOut[], ttl: number) => Promise<readonly (FanOut | undefined)[]>;
  readonly catalog: (tenant: string) => Promise<Catalog>;
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
      kind: judge(asked, seen?.claim, seen?.completion, deps.now()).kind,
    };
  });
  const open = judged.filter(({ kind }) => kind !== 'acknowledge' && kind !== 'wait');
  const plans = open.map(({ ref, delivery, seen, kind }): BurialPlan => {
    const { n, since, notification: content, mode, incident } = delivery;
    const reason = kind === 'poison' || kind === 'ambiguous' ? kind : 'exhausted';
    const untold = mode === 'claimsOff' && n === 1 && !seen;
    return { ref, reason, attempt: n, channel, since, content, mode, incident, seen, untold };
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
  const recorded = await deps.record(planned, deps.ttl());
  const fanOuts = recorded.filter((fanOut) => fanOut !== undefined);
  if (fanOuts.length < planned.length) return false;
  // Nothing is sent before its record is written: of one that is new, nothing was.
  const isNew = fanOuts.every((fanOut) => planned.includes(fanOut));
  const listed = listedIn(pack, fanOuts).flatMap(({ event, destinations, mode }) =>
    destinations.map((destination) => ({
      ref: { tenant: pack.tenant, event: event.id, destination },
      mode,
      untold: mode === 'claimsOff' && !isNew,
    })),
  );
  // What stands before the cursor was enqueued by an earlier run.
  const rest = listed.slice(pack.cursor ?? 0);
  const claims = await deps.read(rest.map(({ ref }) => ref));
  const unclaimed = rest.filter(({ ref }) => !claims.has(refText(ref)));
  const plans = unclaimed.map(({ ref, mode, untold }): BurialPlan => {
    const channel = baseOf(catalog, ref.destination)?.channel ?? 'unknown';
    return { ref, reason: 'fanOut', attempt: 0, channel, since: deps.now(), mode, untold };
  });
  return await bury(plans, deps, true);
}
