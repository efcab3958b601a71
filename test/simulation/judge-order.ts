import { refText } from '../../lib/core/claim.ts';
import type { Topic } from '../../lib/core/catalog.ts';
import { type Listed, type Ref, claimItem, isOver, refOf } from './ledger-view.ts';
import type { DynamoModel } from './model/dynamo.ts';
import type { Write } from './model/table.ts';
import type { Accepted } from './producers.ts';
import type { Send } from './providers.ts';
import type { Scenario } from './scenario.ts';
import type { Violate } from './violation.ts';

/** `risen`: was dead before, and is to be sent again. */
type Standing = 'open' | 'dead' | 'risen' | 'over';

const ENDS: Readonly<Record<string, Standing>> = { dead: 'dead', delivered: 'over', discarded: 'over' };

/** What was sent, and how far the deliveries to the same destination had come by then. */
interface Seen {
  readonly send: Send;
  /** By event; who is absent was never claimed. */
  readonly standings: ReadonlyMap<string, Standing>;
}

/**
 * Watches the sends of tenants that want something in order: before the next event of a key is sent to a
 * destination, those that were accepted before it must be over there, or dead.
 */
export function createOrderWatch({ tenants }: Scenario) {
  const lines = new Map(tenants.flatMap(({ id, topics }) => topics.flatMap((one) => lineOf(id, one))));
  const standings = new Map<string, Map<string, Standing>>();
  /** Claims that a completion record may say more of. */
  const sending = new Map<string, Ref>();
  /** Who died, and why first. */
  const died = new Map<string, string>();
  const seen: Seen[] = [];
  let judged = 0;

  const standingsOf = ({ tenant, destination }: Omit<Ref, 'event'>): Map<string, Standing> => {
    const name = `${tenant}/${destination}`;
    const found = standings.get(name) ?? new Map<string, Standing>();
    standings.set(name, found);
    return found;
  };

  return {
    /** Sends that were held against an order. */
    judged: (): number => judged,

    /** Follows the claims; what a completion record tells is looked up when it matters. */
    onWrite({ after }: Write): void {
      const ref = after && lines.size > 0 ? refOf(after) : undefined;
      if (!ref || !lines.has(ref.tenant)) return;
      const state = after?.['state']?.S ?? '';
      const name = refText(ref);
      if (state === 'dead' && !died.has(name)) died.set(name, after?.['reason']?.S ?? '');
      if (state === 'sending') sending.set(name, ref);
      else sending.delete(name);
      const open = died.has(name) ? 'risen' : 'open';
      standingsOf(ref).set(ref.event, ENDS[state] ?? open);
    },

    onSend(send: Send, dynamo: DynamoModel): void {
      if (!lines.has(send.tenant)) return;
      for (const [name, ref] of sending) {
        const item = claimItem(ref, dynamo);
        if (!item || !isOver(ref, item, dynamo)) continue;
        standingsOf(ref).set(ref.event, 'over');
        sending.delete(name);
      }
      seen.push({ send, standings: new Map(standingsOf(send)) });
    },

    judge(accepted: readonly Accepted[], listed: ReadonlyMap<string, Listed>, violate: Violate): void {
      for (const [tenant, topic] of lines) {
        const own = accepted.filter((one) => one.tenant === tenant && one.topic.startsWith('order.'));
        const events = mergeByEvent(own);
        const sends = seen.filter(({ send }) => send.tenant === tenant && events.has(send.event));
        judged += sends.length;
        for (const one of sends) judgeSend(one, topic, events);
        const regular = sends.filter(({ send }) => !died.has(refText(send)));
        judgeLanes(topic, regular, violate);
      }

      function judgeSend({ send, standings: then }: Seen, { onDead }: Topic, events: Events): void {
        const later = events.get(send.event)!;
        // Whoever replays it wants it now, in whatever order.
        if (died.has(refText(send))) return;
        for (const earlier of events.values()) {
          const ref = { ...send, event: earlier.event };
          if (earlier.key !== later.key || !isBefore(earlier, later) || !listed.has(refText(ref))) continue;
          const standing = then.get(earlier.event);
          if (standing === 'over' || isLetGo(ref, standing, onDead)) continue;
          violate(
            'overtaken',
            `${refText(send)} was sent when ${refText(ref)}, accepted before it, was ${standing ?? 'not claimed'}`,
          );
          return;
        }
      }
    },
  };

  /** Dead where the topic goes on; or dead by its fan-out, which left nothing in the queue that could hold a line. */
  function isLetGo(ref: Ref, standing: Standing | undefined, onDead: Topic['onDead']): boolean {
    const isDead = standing === 'dead' || standing === 'risen';
    return (isDead && onDead !== 'stop') || died.get(refText(ref)) === 'fanOut';
  }
}

function lineOf(tenant: string, topic: Topic): [string, Topic][] {
  return topic.ordered ? [[tenant, topic]] : [];
}

/** An accepted event: by its first post and its first answer, of however many. */
interface Placed extends Accepted {
  readonly posts: ReadonlySet<string>;
}

type Events = ReadonlyMap<string, Placed>;

function mergeByEvent(accepted: readonly Accepted[]): Events {
  const byEvent = Map.groupBy(accepted, ({ event }) => event);
  return new Map(
    [...byEvent].map(([event, all]) => {
      const begunMs = Math.min(...all.map((one) => one.begunMs));
      const answeredMs = Math.min(...all.map((one) => one.answeredMs));
      // Posted again without ids of their own, they are others, and in no order with the first ones.
      const posts = new Set(all.map((one) => `${one.post} ${one.begunMs}`));
      return [event, { ...all[0]!, begunMs, answeredMs, posts }];
    }),
  );
}

/** Two posts at the same moment are in no order; those of one post are in theirs. */
function isBefore(a: Placed, b: Placed): boolean {
  if (a.event === b.event) return false;
  if (a.answeredMs <= b.begunMs) return true;
  return a.index < b.index && [...a.posts].some((post) => b.posts.has(post));
}

/** No more deliveries to a destination are under way at once than there are partitions. */
function judgeLanes({ partitions }: Topic, sends: readonly Seen[], violate: Violate): void {
  if (partitions === undefined) return;
  for (const { send } of sends) {
    const beside = sends.filter(({ send: other }) => {
      const isSame = other.destination === send.destination;
      return isSame && other.atMs <= send.atMs && send.atMs < other.endMs;
    });
    if (beside.length > partitions)
      violate('overtaken', `${beside.length} at a time to ${send.destination}, partitions ${partitions}`);
  }
}
