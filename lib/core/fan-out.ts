/**
 * Which event of a pack goes to which destinations, decided once: inserted before any delivery is enqueued.
 * Whoever finds one sends exactly what it lists, because the catalog may have changed between two runs.
 */
export interface FanOut {
  readonly tenant: string;
  readonly topic: string;
  /** UTC hour of the events' time, `2026-11-21T04`. */
  readonly hour: string;
  readonly pack: string;
  /** Event id -> destination ids; an empty list says that no route wanted it. */
  readonly destinations: ReadonlyMap<string, readonly string[]>;
}

export type FanOutKey = Pick<FanOut, 'tenant' | 'topic' | 'hour' | 'pack'>;
