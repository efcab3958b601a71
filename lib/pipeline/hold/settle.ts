import { type Group, type GroupWindow, windowText } from '../../core/group-window.ts';
import type { Placed } from '../../core/pointer.ts';
import { type HoldDeps, type Seat, dueOf, refOf } from './seat.ts';

/** Puts members where they point to, and looks what has become of their windows meanwhile. */
export async function settle(seats: readonly Seat[], deps: HoldDeps): Promise<Seat[]> {
  if (seats.length === 0) return [];
  const written = await deps.members.put(seats.map(placeOf), deps.ttl);
  const there = seats.filter((_, index) => written[index]?.kind !== 'unknown');
  const windows = await deps.windows.read(there.map(refOf));
  const parties = [...Map.groupBy(there, (seat) => windowText(refOf(seat))).entries()];
  const left = await Promise.all(parties.map(([name, party]) => settleIn(windows.get(name), party, deps)));
  return [...seats.filter((seat) => !there.includes(seat)), ...left.flat()];
}

/** Those of a window's members that are not sure of their place. */
async function settleIn(
  window: GroupWindow | undefined,
  party: readonly Seat[],
  deps: HoldDeps,
): Promise<readonly Seat[]> {
  // Not even its name is left of a window that was forgotten: whoever points there has to move on.
  if (!window) return party.map((seat) => late(seat, seat.group));
  if (window.phase === 'open') return (await hasten(window, party, deps)) ? [] : party;
  if (window.phase === 'closing') return party;
  const taken = await deps.members.taken(window);
  return party.filter(({ held }) => !taken.has(held.member.event)).map((seat) => late(seat, window));
}

function late({ held, n = 0 }: Seat, group: Group): Seat {
  return { held, group, n, isLate: true };
}

/** Sees to it that a window closes as soon as its members want; `false`: it has changed meanwhile. */
async function hasten(window: GroupWindow, party: readonly Seat[], deps: HoldDeps): Promise<boolean> {
  const nowMs = deps.now();
  const wanted = (await isFull(window, party, deps)) ? nowMs : dueOf(party, window.afterMs, nowMs);
  if (wanted >= window.dueAtMs) return true;
  return (await deps.windows.hasten(window, wanted)).kind === 'written';
}

async function isFull(window: GroupWindow, [seat]: readonly Seat[], deps: HoldDeps): Promise<boolean> {
  const maxCount = seat?.held.hold.maxCount;
  if (maxCount === undefined) return false;
  return (await deps.members.list(window, maxCount)).length >= maxCount;
}

function placeOf(seat: Seat): Placed {
  const { member, content } = seat.held;
  // Alerts are told as a group, even one alone.
  return { window: refOf(seat), member, ...(seat.group.kind !== 'group' && { content }) };
}
