/** Promises, by how they are broken. */
export const VIOLATIONS = [
  'lost',
  'duplicate',
  'overLimit',
  'stuck',
  'changed',
  'crossTenant',
  'unlisted',
  'takenAlive',
  'sentWhilePaused',
  'overtaken',
  'early',
  'stale',
  'unheeded',
  'falseAlarm',
] as const;
export type ViolationKind = (typeof VIOLATIONS)[number];

export interface Violation {
  readonly kind: ViolationKind;
  readonly detail: string;
}

export type Violate = (kind: ViolationKind, detail: string) => void;
