import type { AttemptView, DeliveryView } from '../../lib/core/views.ts';

/** What became of a run. Deliveries are named `event:destination`. */
export interface Verdict {
  readonly arrived: number;
  /** Neither at its destination nor given up on record. */
  readonly lost: readonly string[];
  /** Not arrived, and recorded as poison: three owners died with it. */
  readonly poisoned: readonly string[];
  /** Arrivals beyond the first. */
  readonly duplicates: number;
  /** Duplicates that no ambiguous attempt in the ledger accounts for. */
  readonly unattributed: readonly string[];
}

/**
 * Compares what the receivers saw with what the ledger says. A delivery may arrive once for each attempt of which
 * nobody knows whether it arrived, and once more.
 */
export async function judge(
  wanted: readonly string[],
  arrivals: ReadonlyMap<string, number>,
  look: (delivery: string) => Promise<DeliveryView | undefined>,
): Promise<Verdict> {
  const lost: string[] = [];
  const poisoned: string[] = [];
  const unattributed: string[] = [];
  for (const delivery of wanted) {
    const times = arrivals.get(delivery) ?? 0;
    if (times === 1) continue;
    const view = await look(delivery);
    if (times === 0) (isPoisoned(view) ? poisoned : lost).push(delivery);
    else if (ambiguous(view?.attempts) < times - 1) unattributed.push(delivery);
  }
  const duplicates = [...arrivals.values()].reduce((sum, times) => sum + times - 1, 0);
  return { arrived: arrivals.size, lost, poisoned, duplicates, unattributed };
}

function isPoisoned(view: DeliveryView | undefined): boolean {
  return view?.state === 'dead' && view.reason === 'poison';
}

function ambiguous(attempts: readonly AttemptView[] = []): number {
  return attempts.filter(({ outcome }) => outcome === 'maybe').length;
}

/** How often each delivery has arrived. */
export function arrivalsOf(
  inbox: readonly { readonly destination: string; readonly body: unknown }[],
): ReadonlyMap<string, number> {
  const arrivals = new Map<string, number>();
  for (const { destination, body } of inbox) {
    const delivery = `${(body as { readonly id: string }).id}:${destination}`;
    arrivals.set(delivery, (arrivals.get(delivery) ?? 0) + 1);
  }
  return arrivals;
}
