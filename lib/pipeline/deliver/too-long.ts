import { MAX_TOGETHER } from '../../core/message.ts';
import type { ScopeId, ScopeState } from '../../core/scope.ts';
import type { Later } from './line.ts';
import { mayMerge } from './may-merge.ts';
import type { Parties } from './party.ts';
import type { Prepared } from './work.ts';

/** What would wait longer than this is told with others. */
export const TOO_LONG_MS = 60_000;
/**
 * So often one party gathers: no worker waits for others, so that only a few messages meet in a batch. Of 1,500 at five a
 * second for a chat of one a second, 1,370 are told in 400 s with one gathering, 1,495 with two, 1,440 with three.
 */
const MAX_GATHERINGS = 2;

export interface TooLongDeps {
  readonly limits: { readonly recall: (scope: ScopeId) => ScopeState };
  /** Our clock is wrong: what it makes of a line says nothing. */
  readonly skewed: () => boolean;
  readonly now: () => number;
}

interface Parted {
  /** They stand in line, if there is one. */
  readonly waiting: readonly Later<Prepared>[];
  /** Their place in line would be too far away: they gather, without one. */
  readonly gathering: readonly Prepared[];
}

/**
 * Parts what would wait too long from what may wait. How long a line is the booking has just seen: it costs no call, and
 * whoever gathers spares the write of a place in line. A party with room gathers again while the line is too long, but
 * not for ever.
 */
export function partTooLong(
  later: readonly Later<Prepared>[],
  { membersOf }: Pick<Parties, 'membersOf'>,
  deps: TooLongDeps,
): Parted {
  if (deps.skewed()) return { waiting: later, gathering: [] };
  const ends = new Map<string, number>();
  const parted = later.map((one) => partOne(one, ends, (lead) => mayGather(membersOf(lead)), deps));
  return {
    waiting: parted.map(({ waiting }) => waiting).filter(({ works }) => works.length > 0),
    gathering: parted.flatMap(({ gathering }) => gathering).flatMap(membersOf),
  };
}

function mayGather(members: readonly Prepared[]): boolean {
  const isOpen = members.every((work) => work.gathered < MAX_GATHERINGS && mayMerge(work));
  return isOpen && members.length < MAX_TOGETHER;
}

/** `ends`: of lines, with those of this batch that stand there. */
function partOne(
  later: Later<Prepared>,
  ends: Map<string, number>,
  may: (lead: Prepared) => boolean,
  { limits, now }: TooLongDeps,
) {
  const { works, untilMs, scope } = later;
  if (!scope) return { waiting: later, gathering: [] };
  const nowMs = now();
  const key = `${scope.tenant}#${scope.id}`;
  const { tat = 0, line = 0 } = limits.recall(scope);
  let endMs = Math.max(ends.get(key) ?? 0, tat, line, nowMs);
  const waiting: Prepared[] = [];
  const gathering: Prepared[] = [];
  for (const work of works) {
    const isTooLong = Math.max(endMs, untilMs) > nowMs + TOO_LONG_MS;
    if (isTooLong && may(work)) gathering.push(work);
    else {
      waiting.push(work);
      endMs += scope.periodMs;
    }
  }
  ends.set(key, endMs);
  return { waiting: { ...later, works: waiting }, gathering };
}
