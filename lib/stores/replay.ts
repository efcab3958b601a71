import { type DeliveryRef, coversDelivery } from '../core/claim.ts';
import type { State } from '../core/delivery.ts';
import type { Event } from '../core/event.ts';
import { type Incident, readIncident } from '../core/incident.ts';
import { keys } from '../core/keys.ts';
import { modeOf } from '../core/mode.ts';
import type { Notification } from '../core/notification.ts';
import { parseJson } from '../core/parse-json.ts';
import { type KeptUntil, retentionOf } from '../core/retention.ts';
import type { Written } from '../core/written.ts';
import { claimOf, completionOf, number, text } from './attributes.ts';
import { claimKey } from './claims.ts';
import { type Lasting, writeLasting } from './event-life.ts';
import { dueAttributes, openAttributes } from './outcomes.ts';
import { type Item, type Table, getItems, keyText, update } from './table.ts';

/** A delivery as far as a replay asks. */
export interface Replayable {
  readonly state: State;
  /** Epoch ms: the condition of a replay. */
  readonly changedAt: number;
  readonly hasContent: boolean;
  /** It waits in a window, to be told with others. */
  readonly waits?: true;
  readonly retentionDays?: number;
}

/** A dead delivery that is to have another full round. */
export interface Replay {
  readonly ref: DeliveryRef;
  /** `changedAt` as it was read. */
  readonly seen: number;
  /** Channel of the destination now: names the queue. */
  readonly channel: string;
  /** Where the claim has none. */
  readonly content?: Notification | undefined;
  readonly incident?: Incident | undefined;
  readonly retentionDays?: number | undefined;
}

export function createReplays(table: Table, { now }: { readonly now: () => number }) {
  return {
    /** A delivery on record; one that a completion record tells is `delivered`. */
    async find(ref: DeliveryRef): Promise<Replayable | undefined> {
      const key = claimKey(ref);
      const item = (await getItems(table, [key])).get(keyText(key));
      if (!item || claimOf(item).ttl * 1000 < now()) return undefined;
      return {
        state: await stateOf(table, ref.tenant, item),
        changedAt: number(item, 'changedAt') ?? 0,
        hasContent: text(item, 'content') !== undefined,
        ...(item['state'] === 'held' && text(item, 'group') !== undefined && { waits: true as const }),
        ...retentionOf({ retentionDays: number(item, 'retentionDays') }),
      };
    },

    /** Of some deliveries, those that are dead still, with what they were to say and how often. */
    async dead(refs: readonly DeliveryRef[]) {
      const items = await getItems(table, refs.map(claimKey));
      return refs.flatMap((ref) => {
        const item = items.get(keyText(claimKey(ref)));
        if (!item || claimOf(item).state !== 'dead' || claimOf(item).ttl * 1000 < now()) return [];
        const body = text(item, 'content');
        const content: Notification | undefined = body === undefined ? undefined : parseJson(body);
        const mode = item['mode'] === undefined ? undefined : modeOf(item['mode']);
        const incident = readIncident(item['incident']);
        const kept = retentionOf({ retentionDays: number(item, 'retentionDays') });
        return [{ ref, seen: number(item, 'changedAt') ?? 0, content, mode, incident, ...kept }];
      });
    },

    /** Events as they were posted; those that are gone are absent. */
    async events(tenant: string, ids: readonly string[]): Promise<ReadonlyMap<string, Event>> {
      const items = await getItems(
        table,
        ids.map((id) => keys.event(tenant, id)),
      );
      return new Map(
        ids.flatMap((id): [string, Event][] => {
          const item = items.get(keyText(keys.event(tenant, id)));
          const body = item && text(item, 'body');
          return body === undefined ? [] : [[id, parseJson(body)]];
        }),
      );
    },

    /** Ends a delivery for good. `conflict`: it is no longer as it was read. */
    async discard(ref: DeliveryRef, seen: Replayable, until: KeptUntil): Promise<Written> {
      const { state, changedAt, retentionDays } = seen;
      const set = {
        state: 'discarded',
        reason: 'manual',
        changedAt: now(),
        ttl: until(retentionDays),
        ...openAttributes(ref, now()),
      };
      // Without its index entry the timers have no business with it.
      const statement = update(table, claimKey(ref), set, { state, changedAt }, 'dueAt');
      const [written] = await writeLasting(table, [{ ref: { ...ref, retentionDays }, statement }], until);
      return written!;
    },

    /**
     * Gives a dead delivery its attempts anew. One write puts it into the timers' hands, which send attempt 1
     * within a minute: a crash right after it loses nothing. `conflict`: it is no longer as it was read.
     */
    async start(replay: Replay, until: KeptUntil): Promise<Written> {
      const [written] = await writeLasting(table, [newRound(table, replay, now(), now(), until)], until);
      return written!;
    },

    /** The same for many, each at most once. The timers send at `dueAtMs` what nobody has claimed by then. */
    startAll: (replays: readonly Replay[], dueAtMs: number, until: KeptUntil): Promise<Written[]> =>
      writeLasting(
        table,
        replays.map((replay) => newRound(table, replay, now(), dueAtMs, until)),
        until,
      ),
  };
}

async function stateOf(table: Table, tenant: string, item: Item): Promise<State> {
  const claim = claimOf(item);
  if (claim.state !== 'sending') return claim.state;
  const key = keys.completion(tenant, claim.owner, claim.k);
  const completion = (await getItems(table, [key])).get(keyText(key));
  return coversDelivery(completion && completionOf(completion), claim) ? 'delivered' : 'sending';
}

function newRound(table: Table, replay: Replay, nowMs: number, dueAtMs: number, until: KeptUntil): Lasting {
  const { ref, seen, channel, content, incident, retentionDays } = replay;
  const set = {
    state: 'retrying',
    attempt: 0,
    takeovers: 0,
    channel,
    since: nowMs,
    // Whoever replays it wants it now.
    expiresAtMs: null,
    keyUntilMs: null,
    cause: null,
    // It is in nobody's way.
    lane: null,
    nextAt: nowMs,
    changedAt: nowMs,
    content: content && JSON.stringify(content),
    incident,
    ttl: until(retentionDays),
    ...openAttributes(ref, nowMs),
    ...dueAttributes(ref, dueAtMs),
  };
  // Why it died says nothing about the new round.
  const statement = update(table, claimKey(ref), set, { state: 'dead', changedAt: seen }, 'reason');
  return { ref: { ...ref, retentionDays }, statement };
}
