import type { Target } from '../../channel.ts';
import { type DeliveryRef, refText } from '../../core/claim.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Lane } from '../../core/event.ts';
import type { DeliveryPack, QueueRecord } from '../../core/message.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Verdict } from '../../core/verdict.ts';

/** One delivery of a batch on its way through the steps. Each step adds what it found out. */
export interface Work {
  readonly id: string;
  readonly ref: DeliveryRef;
  readonly lane: Lane;
  readonly delivery: Delivery;
  readonly appointed: boolean;
  /** Epoch ms before which it is only passed on. */
  readonly notBefore: number | undefined;
  readonly hops: number;
  /** It came in a message of its own. */
  readonly alone: boolean;
}

/** Destination and settings are known; `fate` is set when there is nothing to send. */
export interface Prepared extends Work {
  readonly channel: string;
  readonly target?: Target;
  readonly fate?: Fate;
}

/** Decided without a request: by a rule, or because the request could not be built. */
export type Fate =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'outcome'; readonly outcome: Outcome; readonly detail: string };

/** It may be sent at `slotAt`, or at once. `probe`: it tries whether a broken destination has healed. */
export interface Booked extends Prepared {
  readonly slotAt?: number;
  readonly probe?: true;
}

/** Owned by this invocation. `k` and `i` are its place in the completion records. */
export interface Claimed extends Booked {
  readonly k: number;
  readonly i: number;
  /** The ledger lists it as not delivered, so that its success needs a write of its own. */
  readonly indexed: boolean;
}

/** The messages of a batch, their deliveries, and which of these are taken care of. */
export interface Batch {
  readonly works: readonly Work[];
  /** Recorded, enqueued again, or terminal: its messages need not come again for it. */
  readonly finish: (work: Pick<Work, 'id'>) => void;
  /** Messages with a delivery that is not taken care of. */
  readonly unfinished: () => QueueRecord[];
}

/**
 * Gathers the deliveries of a batch. Of the same delivery the highest attempt is kept, and every message that
 * carries it shares its result: the same key twice in one claim call would fail the whole call.
 */
export function gather(
  read: readonly { readonly record: QueueRecord; readonly message: DeliveryPack }[],
): Batch {
  const works = new Map<string, Work>();
  const carried = read.map(({ record, message }) => ({
    record,
    ids: new Set(worksOf(message).map(({ id }) => id)),
  }));
  for (const work of read.flatMap(({ message }) => worksOf(message))) {
    const known = works.get(work.id);
    if (known === undefined || known.delivery.n < work.delivery.n) works.set(work.id, work);
  }
  const finished = new Set<string>();
  return {
    works: [...works.values()],
    finish: ({ id }) => finished.add(id),
    unfinished: () =>
      carried.filter(({ ids }) => [...ids].some((id) => !finished.has(id))).map(({ record }) => record),
  };
}

function worksOf({ tenant, destination, lane, items, appointed, notBefore, hops }: DeliveryPack): Work[] {
  return items.map((delivery) => {
    const ref = { tenant, event: delivery.notification.id, destination };
    return {
      id: refText(ref),
      ref,
      lane,
      delivery,
      appointed: appointed ?? false,
      notBefore,
      hops: hops ?? 0,
      alone: delivery.alone === true && items.length === 1,
    };
  });
}

/** Destination of a delivery within its tenant, as one text. */
export function destinationKey({ ref: { tenant, destination } }: Pick<Work, 'ref'>): string {
  return `${tenant}#${destination}`;
}
