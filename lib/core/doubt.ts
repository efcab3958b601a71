/** What a destination may want when nobody knows whether its provider accepted an attempt. */
export const MAYBE_POLICIES = ['resend', 'hold', 'providerKey'] as const;
export type MaybePolicy = (typeof MAYBE_POLICIES)[number];

/** A held delivery is given up after this, unless its destination says otherwise. */
const DEFAULT_HOLD_MS = 86_400_000;

/** What becomes of a delivery in doubt. */
export type Doubt =
  /** The next attempt follows as after any failure; `withinMs`: while the provider still knows our key. */
  | { readonly kind: 'resend'; readonly withinMs?: number | undefined }
  /** Nothing is sent; people have this long to find out what happened, then it is dead. */
  | { readonly kind: 'hold'; readonly forMs: number }
  | { readonly kind: 'giveUp' };

export const RESEND: Doubt = { kind: 'resend' };

export interface Wish {
  readonly maybe?: MaybePolicy | undefined;
  readonly holdMs?: number | undefined;
}

/** A destination's wish, or what its channel does by itself: use the provider's key where there is one. */
export function doubtOf(
  { maybe, holdMs = DEFAULT_HOLD_MS }: Wish,
  key: { readonly knownMs?: number } | undefined,
): Doubt {
  if (maybe === 'hold') return { kind: 'hold', forMs: holdMs };
  return { kind: 'resend', withinMs: maybe === 'resend' ? undefined : key?.knownMs };
}
