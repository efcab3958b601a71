import { derivedId } from './canonical.ts';
import type { Catalog } from './catalog.ts';
import type { DeliveryRef } from './claim.ts';
import type { State } from './delivery.ts';
import type { Event } from './event.ts';
import type { FanOut } from './fan-out.ts';
import type { Retained } from './retention.ts';
import { isoTime } from './iso-time.ts';

/** Who hears of what a destination's provider does not accept. */
export interface Failover {
  /** Another destination of the catalog. */
  readonly to: string;
  /** From when a delivery is made until it counts as not accepted; absent: `FAILOVER_AFTER_MS`. */
  readonly afterMs?: number;
}

export const FAILOVER_AFTER_MS = 300_000;

/** How a delivery stood when it was looked at. */
export interface Standing {
  readonly state: State;
  readonly reason?: string | undefined;
  /** Until when somebody may be sending it, epoch ms. */
  readonly leaseUntil?: number | undefined;
}

/** Why an event goes to another destination: what the copy that goes there carries along. */
export interface FailsOver {
  readonly from: string;
  /** Absent: it is accepted there, perhaps, and is the end of something that was not. */
  readonly state?: State;
  readonly reason?: string | undefined;
}

/** What is on record of it, beside the deliveries of the event. */
export interface FailoverNote extends FailsOver, Retained {
  readonly tenant: string;
  readonly event: string;
  readonly to: string;
  readonly state: State;
  /** Epoch ms. */
  readonly at: number;
}

/** Deliveries that a record of a fan-out lists, to be looked at when it is time. */
export interface FailoverWatch extends Pick<FanOut, 'tenant' | 'topic' | 'hour' | 'pack'> {
  readonly afterMs: number;
  readonly destinations: readonly string[];
}

export type Fate = 'settled' | 'underWay' | 'failsOver';

/** It waits to be told together with others, and is looked at when it is. */
const GATHERED: ReadonlySet<string> = new Set(['digest', 'quietHours', 'scheduled']);

/** What becomes of a delivery whose time is over. */
export function fateOf({ state, reason = '', leaseUntil = 0 }: Standing, nowMs: number): Fate {
  if (state === 'delivered') return 'settled';
  // Of all other ends somebody has decided, or nobody wants to hear of it any more.
  if (state === 'discarded') return reason === 'gone' ? 'failsOver' : 'settled';
  if (state === 'held' && GATHERED.has(reason)) return 'settled';
  return state === 'sending' && leaseUntil > nowMs ? 'underWay' : 'failsOver';
}

/** What has to be looked at later of what a record lists. Without claims nobody could tell what was accepted. */
export function watchesOf({ destinations, mode, ...key }: FanOut, catalog: Catalog): FailoverWatch[] {
  const { tenant, topic, hour, pack } = key;
  if (mode === 'claimsOff' || !hasFailover(catalog)) return [];
  const heard = new Set([...destinations.values()].flat());
  const watched = [...heard].flatMap((id) => {
    const failover = catalog.destinations.get(id)?.failover;
    return failover ? [{ id, afterMs: failover.afterMs ?? FAILOVER_AFTER_MS }] : [];
  });
  return [...Map.groupBy(watched, ({ afterMs }) => afterMs)].map(([afterMs, same]) => {
    return { tenant, topic, hour, pack, afterMs, destinations: same.map(({ id }) => id) };
  });
}

const found = new WeakMap<Catalog, boolean>();

/** Found once per snapshot. */
function hasFailover(catalog: Catalog): boolean {
  const known = found.get(catalog) ?? [...catalog.destinations.values()].some(({ failover }) => failover);
  found.set(catalog, known);
  return known;
}

/** The deliveries that a watch is about, as their record lists them. */
export function watchedIn(
  { tenant, destinations }: FailoverWatch,
  fanOut: Pick<FanOut, 'destinations'>,
): DeliveryRef[] {
  const watched = new Set(destinations);
  return [...fanOut.destinations].flatMap(([event, heard]) =>
    heard.filter((id) => watched.has(id)).map((destination) => ({ tenant, event, destination })),
  );
}

/**
 * Where that goes which a destination did not accept. People hear by every way they want to hear by, so what belongs to
 * one of them goes nowhere else.
 */
export function standInFor(
  from: string,
  { destinations }: Pick<Catalog, 'destinations'>,
): string | undefined {
  return destinations.get(from)?.failover?.to;
}

/** The event once more, to the next destination: one delivery more of the same event, which exists once. */
export function failoverEvent(event: Event, to: string, failsOver: FailsOver): Event {
  const title = event.data['title'];
  const shown = typeof title === 'string' ? title : event.topic;
  return {
    ...event,
    to: [to],
    failsOver,
    data: { ...event.data, title: `Not accepted by ${failsOver.from}: ${shown}` },
  };
}

const PREFIX = 'fo';
export const FAILOVER_PACK = /^fo_[\w-]{27}$/;

/** Id of the pack it travels in: whoever finds out, and however often, it is the same. */
export function failoverPack(event: string, from: string): string {
  return derivedId(PREFIX, event, from);
}

/** Who would hear of it when, if nobody accepted it from a time on, epoch ms. */
export function plannedFailovers(
  from: string,
  catalog: Pick<Catalog, 'destinations'>,
  atMs: number,
): { readonly at: string; readonly to: string }[] {
  const planned: { readonly at: string; readonly to: string }[] = [];
  const heard = new Set([from]);
  let dueMs = atMs;
  let { failover } = catalog.destinations.get(from) ?? {};
  while (failover && !heard.has(failover.to)) {
    const { to, afterMs = FAILOVER_AFTER_MS } = failover;
    heard.add(to);
    dueMs += afterMs;
    planned.push({ at: isoTime(dueMs), to });
    ({ failover } = catalog.destinations.get(to) ?? {});
  }
  return planned;
}
