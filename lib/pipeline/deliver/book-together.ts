import { lookAgainMs } from '../../core/breaker.ts';
import type { Booked, ScopeId, ScopeRef, ScopeState } from '../../core/scope.ts';
import { HORIZON_MS, onGrid, sharedCount, spacingOf } from '../../core/slots.ts';
import type { Prepared } from './work.ts';

/** The scopes' state, and the writes that book in them. */
export interface SlotDeps {
  readonly limits: {
    readonly recall: (scope: ScopeId) => ScopeState;
    readonly book: (scope: ScopeRef, want: number, fromMs: number, probeOwner?: string) => Promise<Booked>;
    readonly move: (scope: ScopeId, mine: number, to: number) => Promise<boolean>;
  };
  readonly now: () => number;
  readonly onWasted: (slots: number) => void;
}

/** A scope that has a rate. */
export interface LimitedScope extends ScopeRef {
  readonly toleranceMs: number;
  readonly shared: boolean;
}

export interface Wish {
  readonly scopes: readonly LimitedScope[];
  readonly count: number;
  /** The first slot lies so far ahead. */
  readonly leadMs: number;
  /** Set for the probe of a broken destination. */
  readonly probeOwner?: string | undefined;
}

export interface Times {
  /** Send times, in order. */
  readonly slots: readonly number[];
  /** When there may be more. */
  readonly untilMs: number;
}

/** Slots that one scope gave us; `tat` is what our write left there. */
interface Made {
  readonly scope: LimitedScope;
  readonly first: number;
  readonly count: number;
  readonly tat: number;
}

const TRIES = 2;

/** The scopes of a delivery that have a rate. */
export function limitedScopes({ ref, target }: Prepared): LimitedScope[] {
  const limited = (target?.scopes ?? []).filter(({ limit }) => limit > 0);
  return limited.map((scope) => {
    const { periodMs, toleranceMs } = spacingOf(scope);
    return { tenant: ref.tenant, id: scope.id, shared: scope.shared, periodMs, toleranceMs };
  });
}

/** Books slots in all scopes, round after round, until there are enough or the horizon is reached. */
export async function bookAll(wish: Wish, deps: SlotDeps): Promise<Times> {
  const slots: number[] = [];
  for (;;) {
    const times = await bookTogether({ ...wish, count: wish.count - slots.length }, deps);
    slots.push(...times.slots);
    if (times.slots.length === 0 || slots.length >= wish.count) return { slots, untilMs: times.untilMs };
  }
}

/**
 * Books the same number of slots in every scope, the fullest first and the others from its first slot on.
 * Sends run at the slowest scope's pace from the last booking's first slot; a scope whose last slot is then
 * left behind by more than its tolerance is moved along, or everything is given back and booked anew.
 */
export async function bookTogether(wish: Wish, deps: SlotDeps): Promise<Times> {
  for (let attempt = 1; ; attempt++) {
    const full = fullUntil(wish, deps);
    if (full !== undefined) return { slots: [], untilMs: full };
    const made: Made[] = [];
    const missed = await bookEach(wish, made, deps);
    if (missed !== undefined) {
      await giveBack(made, deps);
      return { slots: [], untilMs: missed };
    }
    const slots = pace(made, deps.now());
    const outpaced = await align(made, slots, deps);
    if (outpaced === undefined) return { slots, untilMs: slots.at(-1)! + slowestPeriod(wish.scopes) };
    if (attempt === TRIES) return { slots: [], untilMs: outpaced };
  }
}

/** When the first scope known to have no slot within the horizon may have one. Costs no call. */
function fullUntil({ scopes, probeOwner }: Wish, { limits, now }: SlotDeps): number | undefined {
  const waits = scopes.map((scope) => {
    const { tat = 0, breaker } = limits.recall(scope);
    return Math.max(tat, breaker && breaker.probeOwner !== probeOwner ? lookAgainMs(breaker, now()) : 0);
  });
  const longest = Math.max(0, ...waits);
  return longest > now() + HORIZON_MS ? longest : undefined;
}

/** Adds each scope's booking to `made`; answers when to come again if one has no slot. */
async function bookEach(
  { scopes, count, leadMs, probeOwner }: Wish,
  made: Made[],
  { limits, now }: SlotDeps,
): Promise<number | undefined> {
  const tatOf = (scope: LimitedScope): number => limits.recall(scope).tat ?? 0;
  let want = sharedCount(
    count,
    scopes.map(({ periodMs }) => periodMs),
    Math.max(...scopes.map(({ toleranceMs }) => toleranceMs)),
  );
  let fromMs = now() + leadMs;
  for (const scope of scopes.toSorted((a, b) => tatOf(b) - tatOf(a))) {
    const booked = await limits.book(scope, want, fromMs, probeOwner);
    if (booked.kind === 'full') return booked.untilMs;
    const { slots, tat } = booked;
    made.push({ scope, first: slots.first, count: slots.count, tat });
    want = slots.count;
    fromMs = slots.first;
  }
  return undefined;
}

/** Send times: from the last booking's first slot at the slowest pace, as many as all gave and the horizon holds. */
function pace(made: readonly Made[], nowMs: number): number[] {
  const first = made.at(-1)!.first;
  const periodMs = slowestPeriod(made.map(({ scope }) => scope));
  const fitting = Math.max(1, Math.floor((nowMs + HORIZON_MS - first) / periodMs) + 1);
  const count = Math.min(fitting, ...made.map((booking) => booking.count));
  return Array.from({ length: count }, (_, index) => first + index * periodMs);
}

/**
 * Fits the bookings to the send times: moves along what would be left behind, and gives back what is not
 * used. Answers when to come again if a scope could not be moved.
 */
async function align(made: Made[], slots: readonly number[], deps: SlotDeps): Promise<number | undefined> {
  const last = slots.at(-1)!;
  for (const [index, booking] of made.entries()) {
    const { scope, first, count, tat } = booking;
    const own = first + (slots.length - 1) * scope.periodMs;
    const late = last - own > scope.toleranceMs;
    if (!late && count === slots.length) continue;
    const end = onGrid((late ? last : own) + scope.periodMs);
    if (end === tat) continue;
    if (await deps.limits.move(scope, tat, end)) {
      made[index] = { ...booking, tat: end };
      continue;
    }
    deps.onWasted(late ? count : count - slots.length);
    if (!late) continue;
    await giveBack(made.toSpliced(index, 1), deps);
    return tat;
  }
  return undefined;
}

async function giveBack(made: readonly Made[], { limits, onWasted }: SlotDeps): Promise<void> {
  for (const { scope, first, count, tat } of made) {
    if (!(await limits.move(scope, tat, first))) onWasted(count);
  }
}

function slowestPeriod(scopes: readonly LimitedScope[]): number {
  return Math.max(...scopes.map(({ periodMs }) => periodMs));
}
