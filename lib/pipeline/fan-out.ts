import { isInbox } from '../core/destination-id.ts';
import { type QueueRecord, parseEventPack } from '../core/message.ts';
import { type BacklogDeps, reportBacklog } from './fan-out/backlog.ts';
import { type ContestDeps, decideContests } from './fan-out/contest.ts';
import { type InboxDeps, fillInboxes } from './fan-out/inbox.ts';
import { type EscalateDeps, escalate } from './fan-out/escalate.ts';
import { type LinkDeps, addLinks } from './fan-out/links.ts';
import { type PlanDeps, cutAtLimit } from './fan-out/plan.ts';
import { type RouteDeps, route } from './fan-out/route.ts';
import { type TakeDeps, takeScheduled } from './fan-out/take.ts';
import { type SendDeps, send, sendRest } from './fan-out/send.ts';
import { type WatchDeps, watchFailovers } from './fan-out/watch.ts';
import type { Held } from './hold/seat.ts';
import { type ReadDeps, readMessages } from './read.ts';

export interface FanOutDeps
  extends
    ReadDeps,
    BacklogDeps,
    ContestDeps,
    Omit<TakeDeps, 'escalations'>,
    RouteDeps,
    EscalateDeps,
    LinkDeps,
    WatchDeps,
    PlanDeps,
    SendDeps,
    InboxDeps {
  /** Puts deliveries into windows; answers the ids of messages that must come again. */
  readonly hold: (held: readonly Held[]) => Promise<ReadonlySet<string>>;
}

/**
 * Events in, deliveries out: read the packs, drop what lost its id or was cancelled, match the routes, write down who
 * hears what, then enqueue exactly what is written. Answers the ids of messages that must come again.
 */
export async function fanOut(records: readonly QueueRecord[], deps: FanOutDeps): Promise<string[]> {
  const { readable, failed } = await readMessages(records, parseEventPack, deps);
  await reportBacklog(readable, deps);
  const copies = Map.groupBy(readable, ({ record }) => record.body);
  const firsts = [...copies.values()].map((same) => same[0]!);
  const decided = await decideContests(firsts, deps);
  const matched = await route(await takeScheduled(decided, deps), deps);
  const watched = await watchFailovers(await escalate(matched, deps), deps);
  const routed = await addLinks(watched, deps);
  const { planned, held, rest } = cutAtLimit(routed, deps);

  const unplaced = await fillInboxes(planned, deps);
  const unsent = await send(
    planned.filter(({ destination }) => !isInbox(destination)),
    deps,
  );
  const unheld = await deps.hold(held);
  const lost = new Set([...unplaced, ...unsent, ...unheld]);
  const stranded = await sendRest(
    rest.filter(({ record }) => !lost.has(record.messageId)),
    deps,
  );
  const done = new Set(
    routed.map(({ record }) => record.messageId).filter((id) => !lost.has(id) && !stranded.has(id)),
  );
  // A message that was received twice shares the fate of its copy.
  const undone = [...copies.values()].filter((same) => !done.has(same[0]!.record.messageId));
  return [...failed, ...undone.flat().map(({ record }) => record.messageId)];
}
