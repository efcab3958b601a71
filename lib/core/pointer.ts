import type { DeliveryRef } from './claim.ts';
import type { HeldReason, WindowRef } from './group-window.ts';
import type { Member } from './member.ts';
import type { Notification } from './notification.ts';

/** The claim of a delivery that waits in a window: whoever comes later follows it. */
export interface Pointer {
  readonly ref: DeliveryRef;
  readonly group: string;
  readonly n: number;
}

export interface NewPointer extends Pointer {
  readonly reason: HeldReason;
  readonly channel: string | undefined;
  readonly since: number;
  readonly expiresAtMs?: number | undefined;
  readonly retentionDays?: number | undefined;
  /** `ttl` of an expired claim that stands in its place. */
  readonly replaces?: number | undefined;
}

/** What stands where a pointer was to be: a pointer, or the claim of a delivery that goes its own way. */
export type Found =
  | { readonly kind: 'pointer'; readonly group: string; readonly n: number }
  | { readonly kind: 'claim' }
  | { readonly kind: 'expired'; readonly ttl: number };

/** A member and its place. */
export interface Placed {
  readonly window: WindowRef;
  readonly member: Member;
  /** What it was to say, where it may be sent as it is. */
  readonly content?: Notification | undefined;
}
