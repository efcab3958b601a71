/** A part of a shared scope's time: sends in it keep `periodMs` between them. */
export interface Stretch {
  readonly firstMs: number;
  /** No send after this. */
  readonly lastMs: number;
  readonly periodMs: number;
}

/** A limit beside that of the stretch; one object for all who share it. */
export interface Bound {
  /** No send before this. */
  readonly freeAtMs: number;
  /** Time between two sends. */
  readonly periodMs: number;
}

/** Sums of fractions that should be equal differ by less than this, a tenth of what periods keep in hand. */
export const ROUNDING_MS = 1 / 16;

/** Someone who wants to send in a stretch, and has limits of their own. */
export interface Hand {
  readonly count: number;
  readonly bounds: readonly Bound[];
}

/**
 * Deals the time of a stretch out: whoever has been free for longest and still wants to send comes next. Where nobody
 * is free, time passes; after a gap beyond `maxGapMs` the deal ends. Answers each hand's times, in order.
 */
export function deal(
  { firstMs, lastMs, periodMs }: Stretch,
  hands: readonly Hand[],
  maxGapMs: number,
): number[][] {
  const freeAt = new Map(hands.flatMap(({ bounds }) => bounds.map((bound) => [bound, bound.freeAtMs])));
  const players = hands.map(({ count, bounds }) => ({ count, bounds, times: [] as number[] }));
  const lastOf = ({ times }: (typeof players)[number]): number => times.at(-1) ?? 0;
  const readyAt = (player: (typeof players)[number]): number =>
    Math.max(lastOf(player), ...player.bounds.map((bound) => freeAt.get(bound)!));
  const longestMs = Math.max(maxGapMs, periodMs) + ROUNDING_MS;
  let at = firstMs;
  let quietSince = firstMs;
  for (;;) {
    const wanting = players.filter(({ count, times }) => times.length < count);
    if (wanting.length === 0) break;
    const next = wanting.reduce((best, one) =>
      readyAt(one) - readyAt(best) < 0 || (readyAt(one) === readyAt(best) && lastOf(one) < lastOf(best))
        ? one
        : best,
    );
    const time = Math.max(at, readyAt(next));
    if (time > lastMs + ROUNDING_MS || time - quietSince > longestMs) break;
    next.times.push(time);
    for (const bound of next.bounds) freeAt.set(bound, time + bound.periodMs);
    at = time + periodMs;
    quietSince = time;
  }
  return players.map(({ times }) => times);
}
