/**
 * What one conditional write did. `conflict`: its condition failed; `item` is the old one, if it came along.
 * `unknown`: nobody can say whether it was applied.
 */
export type Written =
  | { readonly kind: 'written' }
  | { readonly kind: 'conflict'; readonly item?: Readonly<Record<string, unknown>> }
  | { readonly kind: 'unknown'; readonly code: string };
