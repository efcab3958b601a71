import type { Telemetry } from '../../core/metrics.ts';
import { LATENESS_MS, REBOOK_LEAD_MS } from '../../core/slots.ts';
import { toError } from '../each.ts';
import { type SlotDeps, bookTogether } from './book-together.ts';
import { clustersOf } from './clusters.ts';
import { limitedScopes } from './limited.ts';
import { type Claimed, destinationKey } from './work.ts';

export interface ReachDeps extends SlotDeps {
  readonly wait: (ms: number) => Promise<void>;
  /** Id of this batch: the owner of a probe. */
  readonly owner: string;
  readonly telemetry: Telemetry;
}

type Reached = { readonly ok: true } | { readonly ok: false; readonly untilMs: number };
type Rebooked =
  | { readonly ok: true; readonly slotAt: number }
  | { readonly ok: false; readonly untilMs: number };

export type ReachSlot = (work: Claimed) => Promise<Reached>;

interface Missed {
  readonly work: Claimed;
  readonly settle: (rebooked: Rebooked) => void;
}

const MAX_REBOOKINGS = 3;

/**
 * Waits for the slot of a delivery. One that was missed by more than the lateness allowed is booked anew: those that
 * were missed together, because the process stood still or is too slow for the limit, at one write. Each alone, they
 * would keep it so busy that it misses them again.
 */
export function createReachSlot(deps: ReachDeps): ReachSlot {
  let missed: Missed[] = [];

  async function bookMissed(): Promise<void> {
    // Timers that ran out meanwhile all fire now.
    await deps.wait(0);
    const together = missed;
    missed = [];
    try {
      const kinds = Map.groupBy(together, ({ work }) => work.probe ?? false).values();
      const clusters = [...kinds].flatMap((some) => clustersOf(membersOf(some, deps)));
      for (const cluster of clusters) await bookAnew(cluster, deps);
    } catch (error) {
      deps.telemetry.log('error', 'no slots could be booked', { error: toError(error) });
      for (const { settle } of together) settle({ ok: false, untilMs: deps.now() + 1_000 });
    }
  }

  const rebook = (work: Claimed): Promise<Rebooked> =>
    new Promise((settle) => {
      if (missed.push({ work, settle }) === 1) void bookMissed();
    });

  return async (work) => {
    const isLimited = limitedScopes(work, deps).length > 0;
    let { slotAt = deps.now() } = work;
    for (let rebooking = 0; ; rebooking++) {
      if (slotAt > deps.now()) await deps.wait(slotAt - deps.now());
      if (!isLimited || deps.now() - slotAt <= LATENESS_MS) return { ok: true };
      deps.onWasted(1);
      if (rebooking >= MAX_REBOOKINGS) return { ok: false, untilMs: deps.now() };
      const rebooked = await rebook(work);
      if (!rebooked.ok) return rebooked;
      ({ slotAt } = rebooked);
    }
  };
}

/** Those of one destination want slots in the same scopes. */
function membersOf(missed: readonly Missed[], deps: ReachDeps) {
  const groups = Map.groupBy(missed, ({ work }) => destinationKey(work)).values();
  return [...groups].map((group) => ({ group, scopes: limitedScopes(group[0]!.work, deps) }));
}

async function bookAnew(cluster: ReturnType<typeof membersOf>, deps: ReachDeps): Promise<void> {
  const { work } = cluster[0]!.group[0]!;
  const members = cluster.map(({ group, scopes }) => ({ scopes, count: group.length }));
  const probeOwner = work.probe ? deps.owner : undefined;
  const times = await bookTogether({ members, lane: work.lane, leadMs: REBOOK_LEAD_MS, probeOwner }, deps);
  for (const [index, { group }] of cluster.entries()) {
    const { slots, untilMs } = times[index]!;
    group.forEach(({ settle }, n) => {
      const slotAt = slots[n];
      settle(slotAt === undefined ? { ok: false, untilMs } : { ok: true, slotAt });
    });
  }
}
