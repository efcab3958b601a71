import type { SilencesDeps } from './silences.ts';

export interface WatchDeps {
  readonly watches: { readonly set: (tenant: string, silence: string, atMs: number) => Promise<void> };
  readonly now: () => number;
}

/** The timers look at a silence no sooner than it is written for certain: the API answers within 29 s, or not at all. */
const WRITTEN_MS = 30_000;

/**
 * Silences, of which some are to be told about. The watch is written first: one without its silence finds nothing to
 * tell, a silence without its watch would be told of to nobody.
 */
export function watchedSilences(
  silences: SilencesDeps['silences'],
  { watches, now }: WatchDeps,
): SilencesDeps['silences'] {
  return {
    list: silences.list,
    async put(tenant, silence) {
      if (silence.notify) {
        const firstMs = Math.max(silence.startsAt, now() + WRITTEN_MS);
        await watches.set(tenant, silence.id, firstMs);
      }
      await silences.put(tenant, silence);
    },
  };
}
