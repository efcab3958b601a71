import { refText } from '../core/claim.ts';
import { toError } from './each.ts';
import { point } from './hold/point.ts';
import type { Held, HoldDeps, Seat } from './hold/seat.ts';
import { settle } from './hold/settle.ts';

/** Waits between looks at a window that somebody is closing; then the message comes again. */
const LOOKS_MS = [100, 250, 500, 1_000, 2_000];

/**
 * Puts deliveries into the windows they wait for; answers the ids of messages that must come again. Pointer first:
 * a run that finds it follows it, whatever the catalog says by now, so that none is in two windows. Then the member;
 * then its window is read: one that is open will see the member when it closes; one that is closed has it in its
 * snapshot, or the pointer moves on to the next window. Any step may be made again.
 */
export async function hold(held: readonly Held[], deps: HoldDeps): Promise<Set<string>> {
  const unique = new Map(held.map((one) => [refText(one.ref), one]));
  let seats = [...unique.values()].map((one): Seat => ({ held: one, group: one.hold }));
  for (const pauseMs of [0, ...LOOKS_MS]) {
    if (seats.length === 0) break;
    if (pauseMs > 0) await deps.wait(pauseMs);
    seats = await tryToSeat(seats, deps);
  }
  const lost = new Set(seats.map(({ held: { ref } }) => refText(ref)));
  return new Set(held.filter(({ ref }) => lost.has(refText(ref))).map(({ source }) => source));
}

async function tryToSeat(seats: readonly Seat[], deps: HoldDeps): Promise<Seat[]> {
  try {
    return await takeSeats(seats, deps);
  } catch (error) {
    deps.telemetry.log('error', 'windows cannot be read', { error: toError(error) });
    return [...seats];
  }
}

/** One go at it; answers who is not seated yet. */
async function takeSeats(seats: readonly Seat[], deps: HoldDeps): Promise<Seat[]> {
  const pointed = await point(seats, deps);
  const placed = pointed.filter((seat) => seat.n !== undefined && !seat.isLate);
  const waiting = pointed.filter((seat) => !placed.includes(seat));
  return [...waiting, ...(await settle(placed, deps))];
}
