import type { Slots } from './slots.ts';

/** Someone who wants slots of a scope that several share, and has limits of their own. */
export interface Hand {
  /** No slot before this. */
  readonly freeAtMs: number;
  /** Time between two slots of their own; 0 without such a limit. */
  readonly periodMs: number;
  readonly count: number;
}

/**
 * Deals slots out: each goes to whoever has been free for longest and still wants one. A slot that finds nobody
 * free is left out; after a gap beyond `maxGapMs` the deal ends. Answers each hand's times, in order: slots of the
 * scope, which keep the distance of the hand's own limits.
 */
export function deal(slots: Slots, hands: readonly Hand[], maxGapMs: number): number[][] {
  const open = hands.map((hand): Hand & { freeAtMs: number; times: number[] } => ({ ...hand, times: [] }));
  let last = 0;
  for (let i = 0; i < slots.count; i++) {
    const at = slots.first + i * slots.periodMs;
    if ((i - last) * slots.periodMs > Math.max(maxGapMs, slots.periodMs)) break;
    const wanting = open.filter(({ count, times }) => times.length < count);
    if (wanting.length === 0) break;
    const next = wanting.reduce((best, hand) => (hand.freeAtMs < best.freeAtMs ? hand : best));
    if (next.freeAtMs > at) continue;
    next.times.push(at);
    next.freeAtMs = at + next.periodMs;
    last = i;
  }
  return open.map(({ times }) => times);
}
