/** Places that a batch holds among the sends in flight to a destination. What a crash leaves lapses. */
export interface Held {
  /** The batch. */
  readonly owner: string;
  readonly count: number;
  readonly untilMs: number;
}

/** What others than this owner hold still. */
export function othersIn(held: readonly Held[] = [], owner: string, nowMs: number): Held[] {
  return held.filter((one) => one.owner !== owner && one.untilMs > nowMs);
}

/** How many of `most` places are left beside these, and how many of them somebody gets who wants `want`. */
export function placesBeside(held: readonly Held[], most: number, want: number): number {
  return Math.max(0, Math.min(want, most - held.reduce((sum, { count }) => sum + count, 0)));
}
