/** How bad an event is, worst first. The five words every source is mapped onto. */
export const SEVERITIES = ['critical', 'error', 'warning', 'info', 'debug'] as const;

export type Severity = (typeof SEVERITIES)[number];

export function isSeverity(value: unknown): value is Severity {
  return typeof value === 'string' && (SEVERITIES as readonly string[]).includes(value);
}

/** The worst of some; `undefined` where none says how bad it is. */
export function worstOf(some: readonly { readonly severity?: Severity }[]): Severity | undefined {
  return SEVERITIES.find((one) => some.some(({ severity }) => severity === one));
}
