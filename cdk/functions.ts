/**
 * Every deployable bundle, `functions/<name>.ts` -> `dist/<name>/index.mjs`, with what its function may use.
 * CPU on Lambda is proportional to memory (1,769 MB = 1 vCPU), which is what the figures buy.
 */
export const BUNDLES = {
  ingest: { timeoutSeconds: 20, memoryMb: 512, budgetKiB: 320 },
  manage: { timeoutSeconds: 29, memoryMb: 512, budgetKiB: 600 },
  'fan-out': { timeoutSeconds: 60, memoryMb: 512, budgetKiB: 320 },
  'fan-out-ordered': { timeoutSeconds: 60, memoryMb: 512, budgetKiB: 320 },
  deliver: { timeoutSeconds: 30, memoryMb: 512, budgetKiB: 320 },
  'deliver-mail': { timeoutSeconds: 30, memoryMb: 512, budgetKiB: 600 },
  'deliver-ordered': { timeoutSeconds: 30, memoryMb: 512, budgetKiB: 600 },
  'dead-letters': { timeoutSeconds: 30, memoryMb: 256, budgetKiB: 320 },
  timers: { timeoutSeconds: 50, memoryMb: 256, budgetKiB: 320 },
} as const satisfies Record<string, { timeoutSeconds: number; memoryMb: number; budgetKiB: number }>;

export type BundleName = keyof typeof BUNDLES;

export const BUNDLE_NAMES: readonly string[] = Object.keys(BUNDLES);
