import { type State, isTerminal } from './delivery.ts';

/**
 * The claim of a delivery: one ledger item that makes one invocation its owner for the length of a lease.
 * `owner` is the id of the claiming batch, and every later write is conditional on it: that is the fence
 * which keeps an invocation that was given up for dead from changing anything.
 */
export interface Claim {
  readonly owner: string;
  /** Place in the owner's completion records: record `k`, bit `i`. Fixed at the claim. */
  readonly k: number;
  readonly i: number;
  /** Attempt under way (`sending`), or the last one that is over (`retrying`, terminal states). */
  readonly attempt: number;
  /** Times the lease ran out since an outcome was last written. */
  readonly takeovers: number;
  readonly leaseUntil: number;
  readonly state: State;
  /** Epoch seconds; an item past it counts as absent, whether DynamoDB has deleted it or not. */
  readonly ttl: number;
  /** Listed in the index of what is not delivered. */
  readonly open?: string;
  /** Epoch ms of its next attempt, when one was put off. */
  readonly nextAt?: number;
  /** Epoch ms of the fan-out or the replay that began this round, once an outcome was written. */
  readonly since?: number;
  /** Epoch ms until which its provider knows the key of an attempt in doubt. */
  readonly keyUntilMs?: number;
}

/** What became of the deliveries under one claim: record `k` of a batch. */
export interface Completion {
  /** How many of its deliveries had been decided when it was written; only a larger `n` may replace it. */
  readonly n: number;
  readonly notDelivered: readonly number[];
  /** Epoch ms of the flush. */
  readonly at?: number;
  /** Send time per delivery, ms. */
  readonly ms?: readonly (number | null)[];
  readonly providerIds?: Readonly<Record<string, string>>;
  /** How many each was told with, itself included; absent: each had a message of its own. */
  readonly among?: readonly number[];
}

export function coversDelivery(completion: Completion | undefined, claim: Pick<Claim, 'i'>): boolean {
  return completion !== undefined && !completion.notDelivered.includes(claim.i);
}

/** The attempt that is under way or due: what a message stands for that is never written anew. */
export function attemptOf(claim: Claim | undefined): number {
  if (!claim) return 1;
  return claim.state === 'retrying' ? claim.attempt + 1 : Math.max(1, claim.attempt);
}

/** What message `n` of a delivery may do, given what the ledger says. */
export type Judgement =
  /** Nothing is recorded, or it has expired: claim it. */
  | { readonly kind: 'insert' }
  | { readonly kind: 'replace' }
  /** The attempt before this one is over: claim the next. */
  | { readonly kind: 'advance' }
  /** Its owner's lease ran out: take it over. */
  | { readonly kind: 'takeOver' }
  /** Taken over before, and it shares its message with others: goes on in a message of its own, unclaimed. */
  | { readonly kind: 'isolate' }
  /** Its lease ran out, and it must not be sent again where it may have been sent. */
  | { readonly kind: 'ambiguous' }
  /** Three owners died with it. */
  | { readonly kind: 'poison' }
  /** Ours: the reply to an earlier write was lost. */
  | { readonly kind: 'mine' }
  /** Somebody holds a live lease. */
  | { readonly kind: 'wait'; readonly untilMs: number }
  /** Over, or another message carries it on: acknowledge without sending. */
  | { readonly kind: 'acknowledge'; readonly why: 'finished' | 'stale' };

/** Take-overs after which a delivery counts as poison instead of being tried again. */
export const POISON_TAKEOVERS = 3;

/** A message as far as claims ask. `once`: what may have been sent is not to be sent again. */
export interface Asking {
  readonly n: number;
  readonly alone: boolean;
  readonly owner: string;
  readonly once?: boolean;
}

/**
 * Decides for message `n`. `completion` is the record that the claim's *current* owner and `k` point to, so a
 * completion that an earlier owner writes late says nothing.
 */
export function judge(
  message: Asking,
  claim: Claim | undefined,
  completion: Completion | undefined,
  nowMs: number,
): Judgement {
  if (claim === undefined) return { kind: 'insert' };
  if (claim.ttl * 1000 < nowMs) return { kind: 'replace' };
  if (isTerminal(claim.state)) return { kind: 'acknowledge', why: 'finished' };
  if (claim.state === 'sending') return judgeSending(message, claim, completion, nowMs);
  // Whatever holds it sends it on, with a message of its own.
  if (claim.state === 'held') return { kind: 'acknowledge', why: 'stale' };
  return claim.attempt === message.n - 1 ? { kind: 'advance' } : { kind: 'acknowledge', why: 'stale' };
}

function judgeSending(
  message: Asking,
  claim: Claim,
  completion: Completion | undefined,
  nowMs: number,
): Judgement {
  if (coversDelivery(completion, claim)) return { kind: 'acknowledge', why: 'finished' };
  if (claim.attempt > message.n || claim.attempt < message.n - 1)
    return { kind: 'acknowledge', why: 'stale' };
  if (claim.owner === message.owner) return { kind: 'mine' };
  if (nowMs < claim.leaseUntil) return { kind: 'wait', untilMs: claim.leaseUntil };
  if (message.once) return { kind: 'ambiguous' };
  if (claim.takeovers >= POISON_TAKEOVERS - 1) return { kind: 'poison' };
  if (claim.takeovers >= 1 && !message.alone) return { kind: 'isolate' };
  return { kind: 'takeOver' };
}

/** Identity of a delivery, as far as its keys go. */
export interface DeliveryRef {
  readonly tenant: string;
  readonly event: string;
  readonly destination: string;
}

/** A claim as the ledger holds it, with the completion record its current owner points to. */
export interface Recorded {
  readonly claim: Claim;
  readonly completion: Completion | undefined;
}

/** The fields a new owner writes. */
export type Ownership = Pick<Claim, 'owner' | 'k' | 'i' | 'attempt' | 'leaseUntil' | 'ttl'>;

/** How a claim is made; each form has its own condition, so that exactly one contender wins. */
export type ClaimWrite =
  | { readonly kind: 'insert'; readonly ref: DeliveryRef; readonly own: Ownership }
  /** Attempt n-1 is over (`retrying`). */
  | { readonly kind: 'advance'; readonly ref: DeliveryRef; readonly own: Ownership }
  /** The lease of `seen` ran out. */
  | { readonly kind: 'takeOver'; readonly ref: DeliveryRef; readonly own: Ownership; readonly seen: Claim }
  /** The item is past its TTL. */
  | { readonly kind: 'replace'; readonly ref: DeliveryRef; readonly own: Ownership; readonly seen: Claim };

export interface CompletionWrite {
  readonly tenant: string;
  readonly owner: string;
  readonly k: number;
  readonly completion: Completion;
  readonly ttl: number;
}

/** A delivery's identity as one text, for maps. */
export function refText({ tenant, event, destination }: DeliveryRef): string {
  return `${tenant}#${event}:${destination}`;
}
