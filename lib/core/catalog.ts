import type { BreakerRule } from './breaker.ts';
import type { MaybePolicy } from './doubt.ts';
import { throughOf } from './destination-id.ts';
import type { Lane } from './event.ts';
import type { Escalation } from './escalation.ts';
import type { Failover } from './failover.ts';
import type { Inhibition } from './inhibition.ts';
import { isObject } from './is-object.ts';
import type { Mode } from './mode.ts';
import type { OnDead } from './order.ts';
import type { Pause } from './pause.ts';
import type { Priority } from './priority.ts';
import type { Sample } from './sample.ts';
import type { Silence } from './silence.ts';
import type { Bound } from './tally.ts';
import type { Severity } from './severity.ts';
import type { Day } from './wall-clock.ts';
import type { Wanted } from './wanted.ts';
import type { Window } from './window.ts';

/** A value kept outside the catalog: SSM parameter `/fanfare/<stack>/<tenant>/<name>`, or the local secrets file. */
export interface SecretRef {
  readonly secret: string;
}

/** The last one: headers by name. */
export type Setting =
  | string
  | number
  | boolean
  | SecretRef
  | readonly SecretRef[]
  | Readonly<Record<string, string>>;
export type Settings = Readonly<Record<string, Setting>>;

export interface Rate {
  /** Sends allowed per window, a whole number of at least 1. */
  readonly limit: number;
  /** Window in milliseconds. */
  readonly perMs: number;
}

/** Rate of "no limit": one slot each 0 ms. The scope still carries pushes (429) and the breaker. */
export const UNLIMITED: Rate = { limit: 0, perMs: 0 };

/** One configured, addressable target on one channel. */
export interface Destination {
  readonly id: string;
  readonly channel: string;
  readonly title?: string;
  readonly settings: Settings;
  /** Overrides the channel's default rate of the destination's own scope. */
  readonly rate?: Rate;
  /** No more than so many messages within a time; what is urgent passes. */
  readonly cap?: Bound;
  /** Waits before attempt 2, 3, ...; absent: those of its channel. */
  readonly retryMs?: readonly number[];
  /** When it counts as broken; absent members are the defaults. */
  readonly breaker?: Partial<BreakerRule>;
  /** What to do when nobody knows whether the provider accepted; absent: what its channel does. */
  readonly maybe?: MaybePolicy;
  /** With `maybe: hold`: how long people have to find out. */
  readonly holdMs?: number;
  readonly quietHours?: QuietHours;
  /** What would wait for more than a minute is told together; absent: as its channel does. */
  readonly merge?: boolean;
  readonly failover?: Failover;
  readonly enabled: boolean;
  /** Why it was switched off, when Fanfare did it (`gone`). */
  readonly disabledReason?: string;
}

/** Hours in which a destination is told nothing but what is bad enough; the rest waits for their end. */
export interface QuietHours extends Window {
  /** What is at least this bad passes; absent: critical. */
  readonly except?: Severity;
}

/** Alerts with the same values under these paths are told together, as Alertmanager does it. */
export interface GroupRule {
  readonly by: readonly string[];
  /** From the first alert of a group until it is told. */
  readonly waitMs?: number;
  /** From one telling to the next, when something has changed. */
  readonly intervalMs?: number;
  /** When nothing has changed. */
  readonly repeatMs?: number;
}

/** Events are gathered and told together: a time after the first of them, or at a time of day. */
export interface GatherRule {
  /** Paths of members: events with other values are told apart. */
  readonly by?: readonly string[];
  readonly everyMs?: number;
  readonly at?: { readonly time: string; readonly days?: readonly Day[]; readonly zone: string };
  /** So many are told before their time. */
  readonly maxCount?: number;
}

/** What a route says of the messages it leads to; a route within it takes over what it does not say itself. */
export interface RouteOptions {
  /** At least one of these two is there; a route within takes over both, or none. */
  readonly destinations?: readonly string[];
  /** People and teams. */
  readonly recipients?: readonly string[];
  readonly template?: string;
  /** While one of these is open, it matches as ever, and what it would send is kept back. */
  readonly mute?: readonly Window[];
  /** Whom to tell next, until somebody acknowledges what the route has told. */
  readonly escalate?: Escalation;
  readonly group?: GroupRule;
  readonly digest?: GatherRule;
}

/**
 * Ordered matchers -> destinations. Routes are tried in `order`; the first that matches ends the search
 * unless it says `continue`. A `default` route hears what no other route matched.
 */
export interface Route extends Wanted, RouteOptions {
  readonly id: string;
  readonly order: number;
  readonly continue?: boolean;
  readonly default?: boolean;
  /** Tried in this order for what the route itself wants; where one of them hears an event, the route does not. */
  readonly routes?: readonly Subroute[];
}

/** A route within a route; its id is unique among all of the catalog. */
export interface Subroute extends Wanted, Partial<RouteOptions> {
  readonly id: string;
  /** Whether its later siblings are asked, too. */
  readonly continue?: boolean;
  readonly routes?: readonly Subroute[];
}

/** Logic-less text with `{{path}}` placeholders. */
export interface Template extends Wording {
  readonly id: string;
  readonly channels?: Readonly<Record<string, Wording>>;
  /** By language, such as `de` or `pt-BR`. */
  readonly locales?: Readonly<
    Record<string, Wording & { readonly channels?: Readonly<Record<string, Wording>> }>
  >;
}

export interface Wording {
  readonly title?: string;
  readonly text?: string;
}

/** Settings of topics: the entry with the closest pattern decides, and without one the defaults do. */
export interface Topic {
  readonly id: string;
  /** Topic patterns, as in a route; no two entries name the same. */
  readonly topics: readonly string[];
  readonly mode?: Mode;
  /** `off`: bulk telemetry, where only failures are written. */
  readonly claims?: 'on' | 'off';
  /** Events with one key reach each destination in the order in which they were taken. */
  readonly ordered?: boolean;
  /** Path of the key in the event, such as `subject` or `data.orderId`; absent: all of the entry's events are one line. */
  readonly orderingKey?: string;
  /** Keys are spread over this many lines: no more than so many deliveries at a time for each destination. */
  readonly partitions?: number;
  readonly onDead?: OnDead;
  /** Of events that do not say theirs. */
  readonly lane?: Lane;
  /** How many days what becomes of its events is kept. */
  readonly retentionDays?: number;
  /** Events for example: templates must be able to tell them. */
  readonly samples?: readonly Sample[];
  /** What severities are worth; those it leaves out have their default. */
  readonly priorities?: Readonly<Partial<Record<Severity, Priority>>>;
  /** An event with the key of an earlier one, so much later at most, is a duplicate. */
  readonly dedupeMs?: number;
  /** Path of that key; absent: `dedupeKey`. */
  readonly dedupeBy?: string;
}

/** A rate that destinations share, beside their own: those it names, or all of the tenant. */
export interface Limit {
  readonly id: string;
  readonly rate: Rate;
  readonly destinations?: readonly string[];
}

/** An unguessable inbound URL: names the tenant and the kind of source. */
export interface Hook {
  readonly id: string;
  readonly source: string;
}

/** `beat`: nothing but beats of heartbeats. */
export const SCOPES = ['send', 'read', 'manage', 'beat'] as const;
export type ApiScope = (typeof SCOPES)[number];

/** Everything a pipeline needs to know of one tenant's configuration. */
export interface Catalog {
  readonly version: number;
  readonly destinations: ReadonlyMap<string, Destination>;
  readonly routes: readonly Route[];
  readonly templates: ReadonlyMap<string, Template>;
  readonly topics: readonly Topic[];
  readonly limits: readonly Limit[];
  readonly inhibitions: readonly Inhibition[];
  /** Not part of the file that people write: a pause ends when somebody ends it. With those that ended lately. */
  readonly pauses: readonly Pause[];
  /** Neither: they end by themselves. */
  readonly silences: readonly Silence[];
}

export const EMPTY_CATALOG: Catalog = {
  version: 0,
  destinations: new Map(),
  routes: [],
  templates: new Map(),
  topics: [],
  limits: [],
  inhibitions: [],
  pauses: [],
  silences: [],
};

/** The shared limits of a destination; what belongs to a person has those of the destination it goes through. */
export function limitsOf({ limits }: Pick<Catalog, 'limits'>, destination: string): Limit[] {
  return limits.filter(({ destinations }) => destinations?.includes(throughOf(destination)) ?? true);
}

/** The destination of the catalog that one is, or leads through. */
export function baseOf(
  { destinations }: Pick<Catalog, 'destinations'>,
  destination: string,
): Destination | undefined {
  return destinations.get(throughOf(destination));
}

export function isSecretRef(value: unknown): value is SecretRef {
  return isObject(value) && typeof value['secret'] === 'string';
}

/** Names of all secrets that the values of settings refer to, each once. */
export function secretNames(values: readonly unknown[]): string[] {
  const references = values.flat().filter(isSecretRef);
  return [...new Set(references.map(({ secret }) => secret))];
}
