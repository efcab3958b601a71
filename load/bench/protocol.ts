/** What is asked of the process of a benchmark, one at a time. */
export type Ask =
  | { readonly what: 'open' | 'close' }
  | { readonly what: 'sample' | 'heap' | 'counters' | 'also'; readonly name: string };

export type Tell = { readonly value: unknown } | { readonly error: string };

export interface CaseInfo {
  readonly name: string;
  readonly rivalOf: string | undefined;
  readonly waits: true | undefined;
  readonly crowded: true | undefined;
  readonly bytes: number | undefined;
  /** How long a sample takes. */
  readonly ms: number;
}

/** Name of the case that every benchmark has beside its own: `JSON.parse` of a hundred alerts. */
export const YARDSTICK = '#yardstick';
