import type { Catalog } from '../../core/catalog.ts';
import type { Hush } from '../../core/hush.ts';
import type { EventPack } from '../../core/message.ts';
import type { Telemetry } from '../../core/metrics.ts';
import type { Silence } from '../../core/silence.ts';
import { toError } from '../each.ts';

export interface NoteDeps {
  readonly watches: {
    /** Notes of silences that they keep something back; whether that is on record of all. */
    readonly kept: (tenant: string, silences: readonly Silence[], atMs: number) => Promise<boolean>;
  };
  readonly telemetry: Pick<Telemetry, 'log'>;
  readonly now: () => number;
}

interface Hushed {
  readonly pack: EventPack;
  readonly catalog: Catalog;
  /** Rules that keep something back, each as its reason and its id. */
  readonly hushedBy: ReadonlySet<string>;
}

/** Writes down which rules are found to keep something back: a record has room for some of them only. */
export function heardBy(hush: Hush, found: Set<string>): Hush {
  return (event) => {
    const rulesFor = hush(event);
    return (destination) => {
      const rules = rulesFor(destination);
      for (const rule of rules) found.add(rule);
      return rules;
    };
  };
}

/**
 * Notes which of the silences that people are told of keep something back, so that they hear of one that never does.
 * Costs a write for each of them and function; packs of which that cannot be written are left out: they come again.
 */
export async function noteSilences<P extends Hushed>(packs: readonly P[], deps: NoteDeps): Promise<P[]> {
  const noted = await Promise.all(
    packs.map(async ({ pack: { tenant }, catalog: { silences }, hushedBy }) => {
      const own = silences.filter(({ id, notify }) => notify && hushedBy.has(`silenced:${id}`));
      if (own.length === 0) return true;
      try {
        return await deps.watches.kept(tenant, own, deps.now());
      } catch (error) {
        deps.telemetry.log('error', 'silences cannot be noted', { tenant, error: toError(error) });
        return false;
      }
    }),
  );
  return packs.filter((_, index) => noted[index]);
}
