import type { Breaker, Counts } from './breaker.ts';
import type { Consent } from './consent.ts';
import type { Held } from './held.ts';
import type { Learned } from './learned.ts';
import type { Slots } from './slots.ts';

/** What a scope's item holds, and what a warm function remembers of it. */
export interface ScopeState extends Partial<Counts> {
  /** Time of the next free slot, epoch ms. A push (429, breaker) moves it far ahead. */
  readonly tat?: number;
  /** End of the line of appointments, epoch ms. Advisory. */
  readonly line?: number;
  readonly breaker?: Breaker;
  readonly learned?: Learned;
  readonly consent?: Consent;
  /** Who has urgent sends in flight; in an item of its own. */
  readonly places?: readonly Held[];
}

/** A scope of a tenant. */
export interface ScopeId {
  readonly tenant: string;
  readonly id: string;
}

/** With the time between two of its slots. */
export interface ScopeRef extends ScopeId {
  readonly periodMs: number;
}

export type Booked =
  /** `tat` is the value our write left behind: it can be given back as long as it stands. */
  | { readonly kind: 'booked'; readonly slots: Slots; readonly tat: number }
  | { readonly kind: 'full'; readonly untilMs: number };

export interface BookOptions {
  /** No slot after this. */
  readonly endMs: number;
  /** Batch that may book although the breaker is not closed: its probe. */
  readonly probeOwner?: string | undefined;
}
