import type { Telemetry } from '../../core/metrics.ts';
import type { ScopeRef } from '../../core/scope.ts';
import { appointments, wholeSeconds } from '../../core/slots.ts';
import { forEach } from '../each.ts';
import type { Later, Line } from './line.ts';
import type { Returning } from './put-back.ts';
import { type Work, destinationKey } from './work.ts';

export interface AppointDeps {
  readonly limits: { readonly standInLine: (scope: ScopeRef, count: number) => Promise<number> };
  readonly now: () => number;
  readonly random: () => number;
  readonly telemetry: Telemetry;
}

/** When each delivery that cannot be sent now comes back. One whose line cannot be written is left out. */
export async function appoint(later: readonly Later[], deps: AppointDeps): Promise<Returning[]> {
  const lines = Map.groupBy(later.flatMap(queueUp), ({ scope }) => `${scope?.tenant}#${scope?.id}`).values();
  return (await forEach(lines, (line) => takePlaces(line, deps), 'no place in line', deps)).flat();
}

/** A delivery that comes back: at `untilMs`, or when its turn in the line of a scope is. */
interface Waiter {
  readonly work: Work;
  readonly untilMs: number;
  readonly scope?: Line | undefined;
  /** Without a place in line it comes back this many seconds later at most, by chance. */
  readonly spread: number;
}

/** Else everybody who waits for the same destination would return as a crowd. */
const SPREAD = 2;
/** Whoever lost a slot of a limit soon finds one: the line lets hardly more come than there are slots. */
const SHORT_SPREAD = 1;

/** Urgent ones never wait behind a backlog, and who came back on time is not sent to the end of the line again. */
function queueUp({ works, untilMs, scope }: Later): Waiter[] {
  return works.map((work) => {
    if (work.lane === 'urgent') return { work, untilMs, spread: 0 };
    if (work.appointed) return { work, untilMs, spread: scope ? SHORT_SPREAD : SPREAD };
    return { work, untilMs, scope, spread: SPREAD };
  });
}

/** Members of one line, of several destinations, take turns: one write for all of them. */
async function takePlaces(line: readonly Waiter[], deps: AppointDeps): Promise<Returning[]> {
  const { scope } = line[0]!;
  if (!scope) return line.map((one) => comeBack(one, deps));
  const inTurn = takeTurns([...Map.groupBy(line, ({ work }) => destinationKey(work)).values()]);
  const firstMs = await deps.limits.standInLine(scope, inTurn.length);
  const { periodMs, rounded } = scope;
  const delays = appointments(firstMs, periodMs, inTurn.length, deps.now(), rounded);
  return inTurn.map(({ work, untilMs }, index) =>
    back(work, Math.max(delays[index]!, wholeSeconds(untilMs - deps.now(), rounded))),
  );
}

function comeBack({ work, untilMs, spread }: Waiter, deps: AppointDeps): Returning {
  const soon = wholeSeconds(untilMs - deps.now(), 'early');
  return back(work, soon + Math.floor(deps.random() * (spread + 1)));
}

/** The first of each list, then the second of each, and so on. */
function takeTurns<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) =>
    lists.flatMap((list) => list.slice(turn, turn + 1)),
  ).flat();
}

/** A suspect stays in a message of its own: among others it would be sent on alone again, at once, for ever. */
function back(work: Work, delaySeconds: number): Returning {
  return { work, n: work.delivery.n, delaySeconds, appointed: true, alone: work.alone };
}
