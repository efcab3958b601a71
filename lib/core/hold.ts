import { canonicalHash } from './canonical.ts';
import type { Catalog, Destination, GatherRule, GroupRule, QuietHours } from './catalog.ts';
import { isInbox, throughOf } from './destination-id.ts';
import type { Event } from './event.ts';
import type { Group, HoldKind } from './group-window.ts';
import type { RouteMatch } from './route.ts';
import { SEVERITIES, type Severity } from './severity.ts';
import { compilePath, textOf } from './template.ts';
import { DAYS, clockOf, minutesOf, nextTime } from './wall-clock.ts';
import { compileClosing, compileWindow } from './window.ts';

/** What keeps a delivery waiting for a window: the group it joins, and when it would have that window close. */
export interface Hold extends Group {
  /** `afterMs`: when the window before closed. */
  readonly closesAt: (nowMs: number, afterMs?: number) => number;
  /** So many members close a window before its time. */
  readonly maxCount?: number;
}

export const GROUP_DEFAULTS = { waitMs: 30_000, intervalMs: 300_000, repeatMs: 14_400_000 } as const;
const DEFAULT_EXCEPT: Severity = 'critical';

type Fact = Pick<Event, 'lane' | 'severity'>;

/** Of whatever a destination rests for, the time at which it may be told. */
type Rest = (event: Fact, ms: number) => number;
const NO_REST: Rest = (_, ms) => ms;

/** What an event waits for that a match leads to a destination; `undefined`: it is sent at once. */
export type Holds = (
  tenant: string,
  event: Event,
  match: RouteMatch,
  destination: string,
  nowMs: number,
) => Hold | undefined;

/**
 * Compiles a catalog's rules of grouping, gathering and quiet hours. What somebody sends by name, or replays, never
 * waits.
 */
export function compileHolds({ destinations }: Pick<Catalog, 'destinations'>): Holds {
  const rests = new Map([...destinations].map(([id, one]) => [id, compileRest(one)]));
  return (tenant, event, match, destination, nowMs) => {
    // An inbox disturbs nobody.
    if (event.to !== undefined || isInbox(destination)) return undefined;
    const rest = rests.get(throughOf(destination)) ?? NO_REST;
    const gathering = gatheringOf(match);
    if (!gathering) {
      if (rest(event, nowMs) <= nowMs) return undefined;
      const group = groupOf(tenant, destination, 'quietHours', destination, []);
      return { ...group, closesAt: (ms) => rest(event, ms) };
    }
    const { kind, closesAt, valuesOf, ...more } = gathering;
    return {
      ...groupOf(tenant, destination, kind, match.route ?? '', valuesOf(event)),
      ...more,
      closesAt: (...times) => rest(event, closesAt(...times)),
    };
  };
}

interface Gathering extends Pick<Hold, 'closesAt' | 'maxCount' | 'repeatMs'> {
  readonly kind: HoldKind;
  readonly valuesOf: (event: Event) => Values;
}

type Values = readonly (readonly [path: string, value: string])[];

/** Rules live as long as their catalog snapshot; each is compiled once. */
const gatherings = new WeakMap<GroupRule | GatherRule, Gathering>();

function gatheringOf({ group, digest }: Pick<RouteMatch, 'group' | 'digest'>): Gathering | undefined {
  const rule = group ?? digest;
  if (!rule) return undefined;
  const known = gatherings.get(rule);
  if (known) return known;
  const made = group ? compileGroup(group) : compileGather(digest!);
  gatherings.set(rule, made);
  return made;
}

function compileGroup({ by, ...times }: GroupRule): Gathering {
  const { waitMs, intervalMs, repeatMs } = { ...GROUP_DEFAULTS, ...times };
  const closesAt = (ms: number, after = -Infinity): number => Math.max(ms + waitMs, after + intervalMs);
  return { kind: 'group', closesAt, repeatMs, valuesOf: compileValues(by) };
}

function compileGather({ by = [], maxCount, ...when }: GatherRule): Gathering {
  return {
    kind: 'digest',
    closesAt: compileEnd(when),
    valuesOf: compileValues(by),
    ...(maxCount !== undefined && { maxCount }),
  };
}

/** A hold of what a record sends into a window though no rule says so any more: it closes at once. */
export function holdWithoutRule(tenant: string, destination: string): Hold {
  return { ...groupOf(tenant, destination, 'digest', destination, []), closesAt: (ms) => ms };
}

/** When a destination may be told of what is this bad: now, or when its quiet hours are over. */
export function compileRest({ quietHours }: Pick<Destination, 'quietHours'>): Rest {
  if (!quietHours) return NO_REST;
  const isQuiet = compileWindow(quietHours);
  const closesAt = compileClosing(quietHours);
  return (event, ms) => (passes(event, quietHours) || !isQuiet(ms) ? ms : (closesAt(ms) ?? ms));
}

function passes({ lane, severity }: Fact, { except = DEFAULT_EXCEPT }: QuietHours): boolean {
  return (
    lane === 'urgent' ||
    (severity !== undefined && SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(except))
  );
}

function compileEnd({ everyMs, at }: Pick<GatherRule, 'everyMs' | 'at'>): Hold['closesAt'] {
  if (!at) return (ms) => ms + (everyMs ?? 0);
  const { time, days = DAYS, zone } = at;
  const clock = clockOf(zone);
  return (ms) => {
    let next = nextTime(clock, minutesOf(time), ms);
    while (!days.includes(DAYS[clock(next).day]!)) next = nextTime(clock, minutesOf(time), next);
    return next;
  };
}

/** What is absent groups with what is absent. */
function compileValues(by: readonly string[]): (event: Event) => Values {
  const finds = by.map((path) => [path, compilePath(path)] as const);
  return (event) => finds.map(([path, find]) => [path, textOf(find(event))] as const);
}

/** Of a value, as much as a title needs. */
const MAX_SHOWN = 100;

function groupOf(tenant: string, destination: string, kind: HoldKind, rule: string, found: Values): Group {
  const group = canonicalHash([tenant, destination, kind, rule, found]);
  const values = Object.fromEntries(found.map(([path, value]) => [path, value.slice(0, MAX_SHOWN)]));
  return { tenant, group, kind, destination, rule, values };
}
