import { type FailoverNote, type FailoverWatch, watchesOf } from '../../core/failover.ts';
import type { Telemetry } from '../../core/metrics.ts';
import type { Written } from '../../core/written.ts';
import { toError } from '../each.ts';
import type { Routed } from './route.ts';

export interface WatchDeps {
  readonly failovers: {
    readonly open: (
      watches: readonly FailoverWatch[],
      notes: readonly FailoverNote[],
    ) => Promise<readonly Written[]>;
  };
  readonly now: () => number;
  readonly telemetry: Telemetry;
}

type Watchable = Pick<Routed, 'pack' | 'fanOuts' | 'catalog'>;

/**
 * Has deliveries looked at later that somebody else is to hear of if they are not accepted by then, and notes of those
 * that fail over now where they come from. Packs of which that is not known to be written are left out: they come
 * again, before anything of them was sent. Nothing is written where no destination has a failover.
 */
export async function watchFailovers<R extends Watchable>(
  routed: readonly R[],
  deps: WatchDeps,
): Promise<R[]> {
  const wanted = routed.map((one) => ({ one, watches: watchesIn(one), notes: notesIn(one, deps.now()) }));
  const watches = wanted.flatMap((each) => each.watches);
  const notes = wanted.flatMap((each) => each.notes);
  if (watches.length + notes.length === 0) return [...routed];
  const written = await open(watches, notes, deps);
  const kindOf = new Map(
    [...watches, ...notes].map((made, index) => [made, written[index]?.kind ?? 'unknown']),
  );
  return wanted.flatMap(({ one, ...made }) => {
    const isLost = [...made.watches, ...made.notes].some((each) => kindOf.get(each) === 'unknown');
    return isLost ? [] : [one];
  });
}

async function open(
  watches: readonly FailoverWatch[],
  notes: readonly FailoverNote[],
  { failovers, telemetry }: WatchDeps,
): Promise<readonly Written[]> {
  try {
    return await failovers.open(watches, notes);
  } catch (error) {
    telemetry.log('error', 'failovers cannot be written', { error: toError(error) });
    return [];
  }
}

/** What is cut off a pack was watched with its beginning. Replays go where they were sent; they have packs of their own. */
function watchesIn({ pack, fanOuts, catalog }: Watchable): FailoverWatch[] {
  const isReplay = pack.items.some(({ replayOf }) => replayOf !== undefined);
  if (pack.cursor !== undefined || isReplay) return [];
  return fanOuts.flatMap((one) => watchesOf(one, catalog));
}

function notesIn({ pack: { tenant, items } }: Watchable, at: number): FailoverNote[] {
  return items.flatMap(({ id, to: [to] = [], failsOver, retentionDays }) =>
    failsOver?.state && to !== undefined
      ? [{ tenant, event: id, ...failsOver, state: failsOver.state, to, at, retentionDays }]
      : [],
  );
}
