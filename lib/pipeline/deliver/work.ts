import type { Target } from '../../channel.ts';
import { type DeliveryRef, refText } from '../../core/claim.ts';
import type { Delivery } from '../../core/delivery.ts';
import type { Doubt } from '../../core/doubt.ts';
import type { Lane } from '../../core/event.ts';
import { type Incident, readIncident } from '../../core/incident.ts';
import type { DeliveryPack, QueueRecord } from '../../core/message.ts';
import { type DeliveryMode, modeOf } from '../../core/mode.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Verdict } from '../../core/verdict.ts';
import type { Places } from './places.ts';

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
  /** What it tells of, beside others. */
  readonly incident: Incident | undefined;
  /** It came in a message of its own. */
  readonly alone: boolean;
  /** How often it has gone back to meet others, because it would wait too long to be told alone. */
  readonly gathered: number;
  readonly mode: DeliveryMode;
  /** It is sent without a claim, and a success leaves no trace. */
  readonly unclaimed: boolean;
}

/** Destination and settings are known; `fate` is set when there is nothing to send. */
export interface Prepared extends Work {
  readonly channel: string;
  readonly target?: Target;
  /** What its destination wants of attempts in doubt, where it could not be opened. */
  readonly doubt?: Doubt;
  readonly fate?: Fate;
}

export function isSendable(work: Prepared): boolean {
  return work.fate === undefined;
}

/** Decided without a request: by a rule, or because the request could not be built. */
export type Fate =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'outcome'; readonly outcome: Outcome; readonly detail: string };

/** It may be sent at `slotAt`, or at once. `probe`: it tries whether a broken destination has healed. */
export interface Booked extends Prepared {
  readonly slotAt?: number;
  readonly probe?: true;
  /** Names those whose message and slot it shares. */
  readonly party?: string;
  /** Those of its batch, for urgent ones to a destination without a rate. */
  readonly places?: Places;
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
  /** This attempt or what came of it is on record: no message need come again for the delivery. */
  readonly finish: (work: Pick<Work, 'id'>) => void;
  /** Another message stands for this attempt: those that carry it need not come again. */
  readonly passOn: (work: Pick<Work, 'id' | 'delivery'>) => void;
  /** Messages with a delivery that is not taken care of. */
  readonly unfinished: () => QueueRecord[];
}

/**
 * Gathers the deliveries of a batch. Of the same delivery the highest attempt is kept, and every message that
 * carries it shares its result: the same key twice in one claim call would fail the whole call. Of an attempt that was
 * not claimed nobody knows whether it is the one that counts: messages of lower ones come again then.
 */
export function gather(
  read: readonly { readonly record: QueueRecord; readonly message: DeliveryPack }[],
): Batch {
  const works = new Map<string, Work>();
  const carried = read.map(({ record, message }) => ({ record, works: worksOf(message, record) }));
  for (const work of carried.flatMap((one) => one.works)) {
    const known = works.get(work.id);
    if (known === undefined || knowsMore(work, known)) works.set(work.id, work);
  }
  const finished = new Set<string>();
  const passedOn = new Set<string>();
  const isOpen = (work: Work): boolean => !finished.has(work.id) && !passedOn.has(attemptText(work));
  return {
    works: [...works.values()],
    finish: ({ id }) => finished.add(id),
    passOn: (work) => passedOn.add(attemptText(work)),
    unfinished: () => carried.filter((one) => one.works.some(isOpen)).map(({ record }) => record),
  };
}

function attemptText({ id, delivery }: Pick<Work, 'id' | 'delivery'>): string {
  return `${id}#${delivery.n}`;
}

/** A later attempt; or the one that has a claim, which somebody has to bring to its end. */
function knowsMore(work: Work, known: Work): boolean {
  const later = work.delivery.n - known.delivery.n;
  return later > 0 || (later === 0 && known.unclaimed && !work.unclaimed);
}

/** A message that comes this often is claimed whatever its topic says, so that poison is found. */
const CLAIMED_FROM_RECEIVE = 3;

/** The deliveries of a message. */
export function worksOf(
  { tenant, destination, lane, items, appointed, notBefore, hops, together }: DeliveryPack,
  { attributes }: QueueRecord,
): Work[] {
  const receives = Number(attributes?.['ApproximateReceiveCount'] ?? 1);
  return items.map((delivery) => {
    const mode = modeOf(delivery.mode);
    const ref = { tenant, event: delivery.notification.id, destination };
    return {
      id: refText(ref),
      ref,
      lane,
      delivery,
      appointed: appointed ?? false,
      notBefore,
      hops: hops ?? 0,
      incident: readIncident(delivery.incident),
      alone: delivery.alone === true && items.length === 1,
      gathered: together ?? 0,
      mode,
      unclaimed: mode === 'claimsOff' && delivery.n === 1 && receives < CLAIMED_FROM_RECEIVE,
    };
  });
}

/** Where a success is written down: in the record of its batch, in its own claim, or nowhere. */
export function toldBy({ unclaimed, indexed, mode }: Claimed): 'completion' | 'claim' | 'nothing' {
  if (unclaimed) return 'nothing';
  return indexed || mode === 'exactlyOnceRecorded' ? 'claim' : 'completion';
}

/** Destination of a delivery within its tenant, as one text. */
export function destinationKey({ ref: { tenant, destination } }: Pick<Work, 'ref'>): string {
  return `${tenant}#${destination}`;
}
