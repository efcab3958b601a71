import type { Event } from './event.ts';
import type { FanOut } from './fan-out.ts';

/**
 * Which rules keep an event from a destination, each as its reason and its id, such as `silenced:maintenance`; most
 * events are kept from none.
 */
export type Hush = (event: Event) => (destination: string) => readonly string[];

/** Destinations that do not hear of an event, and the rules that keep it from each of them. */
export interface Suppressed {
  readonly destinations: readonly string[];
  /** At least one, at most `MAX_RULES`. */
  readonly by: readonly string[];
}

/** Why: `silenced`, `duplicate`. */
export function reasonOf({ by }: Pick<Suppressed, 'by'>): string {
  return by[0]?.split(':', 1)[0] ?? '';
}

/** Ids of the rules, without the reasons before them. */
export function ruleIds({ by }: Pick<Suppressed, 'by'>): string[] {
  return by.map((rule) => rule.slice(rule.indexOf(':') + 1));
}

/** A record has room for so many rules of the same destinations; who wonders why needs one. */
const MAX_RULES = 3;
/** And for so many of an event. */
const MAX_TOGETHER = 6;

/** Destinations by the rules that keep an event from them; where these are many, by reason with one rule each. */
export function groupKept(kept: ReadonlyMap<string, readonly string[]>): Suppressed[] {
  const groups = grouped(kept, (by) => by.join(' '));
  const rules = groups.reduce((sum, { by }) => sum + by.length, 0);
  if (rules <= MAX_TOGETHER) return groups;
  return grouped(kept, (by) => reasonOf({ by })).map(({ destinations, by }) => ({
    destinations,
    by: by.slice(0, 1),
  }));
}

function grouped(
  kept: ReadonlyMap<string, readonly string[]>,
  nameOf: (by: readonly string[]) => string,
): Suppressed[] {
  return [...Map.groupBy(kept, ([, by]) => nameOf(by)).values()].map((same) => ({
    destinations: same.map(([destination]) => destination),
    by: same[0]![1].slice(0, MAX_RULES),
  }));
}

/** Whether everybody was kept from an event, by what ends. */
export function isKeptForATime(record: FanOut | undefined, event: string): boolean {
  const kept = record?.suppressed?.get(event) ?? [];
  const isForATime = kept.some((one) => ['silenced', 'inhibited'].includes(reasonOf(one)));
  return isForATime && record?.destinations.get(event)?.length === 0;
}
