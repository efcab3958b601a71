import { derivedId } from '../core/canonical.ts';
import { type DeliveryRef, coversDelivery, refText } from '../core/claim.ts';
import { type DueEntry, dueAtOf } from '../core/due-entry.ts';
import type { FailoverNote, FailoverWatch, Standing } from '../core/failover.ts';
import { type Key, dueKey, keys } from '../core/keys.ts';
import { keptUntil } from '../core/retention.ts';
import type { Written } from '../core/written.ts';
import { claimOf, completionOf, number, text } from './attributes.ts';
import { claimKey } from './claims.ts';
import { type Item, type Table, execute, getItems, insert, keyText, update } from './table.ts';

/** A watch whose time has come, as the timers find it. */
export interface DueWatch extends FailoverWatch {
  readonly entry: DueEntry;
  /** When it was to be looked at first, epoch ms. */
  readonly dueMs: number;
}

/** Tells an entry of a watch from those of deliveries and events. */
const MARK = '^';
/** A little longer than the deliveries it is about. */
const SPARE_SECONDS = 10 * 86_400;

/** Deliveries that somebody else is to hear of if they are not accepted in time. */
export function createFailovers(table: Table, { now }: { readonly now: () => number }) {
  const ttl = (days?: number): number => keptUntil(now(), days) + SPARE_SECONDS;

  const watchItem = ({ tenant, ...watch }: FailoverWatch): Item => {
    const id = watchId(watch);
    const dueMs = now() + watch.afterMs;
    const item = { ...keys.failoverWatch(tenant, id), ...watch, dueMs, ttl: ttl() };
    return { ...item, ...listed(tenant, id, dueMs) };
  };
  const noteItem = ({ tenant, event, from, ...note }: FailoverNote): Item => {
    return { ...keys.failover(tenant, event, from), ...note, ttl: ttl(note.retentionDays) };
  };

  return {
    /** Sets watches and notes what fails over, each once: a conflict says that an earlier run did. */
    async open(watches: readonly FailoverWatch[], notes: readonly FailoverNote[]): Promise<Written[]> {
      const items = [...watches.map(watchItem), ...notes.map(noteItem)];
      // A message that was received twice brings its own twice; one key may stand in a call only once.
      const unique = new Map(items.map((item) => [keyText(item), item]));
      const written = await execute(
        table,
        [...unique.values()].map((item) => insert(table, item)),
      );
      const positions = new Map([...unique.keys()].map((key, index) => [key, index]));
      return items.map((item) => written[positions.get(keyText(item))!]!);
    },

    /** The watches among these entries that are as they were listed. */
    async due(entries: readonly DueEntry[]): Promise<DueWatch[]> {
      const own = entries.filter(({ id }) => id.startsWith(MARK));
      if (own.length === 0) return [];
      const items = await getItems(table, own.map(keyOf));
      return own.flatMap((entry) => {
        const item = items.get(keyText(keyOf(entry)));
        if (item?.['dueAt'] !== entry.dueAt) return [];
        const destinations = Array.isArray(item['destinations']) ? item['destinations'] : [];
        return [
          {
            entry,
            tenant: entry.tenant,
            topic: text(item, 'topic') ?? '',
            hour: text(item, 'hour') ?? '',
            pack: text(item, 'pack') ?? '',
            afterMs: number(item, 'afterMs') ?? 0,
            dueMs: number(item, 'dueMs') ?? 0,
            destinations: destinations.filter((one) => typeof one === 'string'),
          },
        ];
      });
    },

    /** Has a watch looked at again; a conflict is no harm: somebody else has. */
    postpone: (watch: DueWatch, atMs: number): Promise<Written> =>
      change(table, watch, listed(watch.tenant, watchId(watch), atMs)),

    /** All is done that it was for. */
    finish: (watch: DueWatch): Promise<Written> => change(table, watch, { ttl: ttl() }, 'dueAt'),

    /** How deliveries stand now; one that nobody has claimed is pending. Throws when that cannot be read. */
    async standings(refs: readonly DeliveryRef[]): Promise<ReadonlyMap<string, Standing>> {
      const items = await getItems(table, refs.map(claimKey));
      const known = refs.map((ref) => {
        const item = items.get(keyText(claimKey(ref)));
        return { ref, item, claim: item && claimOf(item) };
      });
      const completionKeys = known.flatMap(({ ref, claim }) =>
        claim?.state === 'sending' ? [keys.completion(ref.tenant, claim.owner, claim.k)] : [],
      );
      const unique = new Map(completionKeys.map((key) => [keyText(key), key]));
      const completions = await getItems(table, [...unique.values()]);
      return new Map(
        known.map(({ ref, item, claim }): [string, Standing] => {
          if (!item || !claim) return [refText(ref), { state: 'pending' }];
          const completion = completions.get(keyText(keys.completion(ref.tenant, claim.owner, claim.k)));
          const isTold =
            claim.state === 'sending' && coversDelivery(completion && completionOf(completion), claim);
          if (isTold) return [refText(ref), { state: 'delivered' }];
          const { state, leaseUntil } = claim;
          // Left over from an earlier attempt, a reason would say something that is no longer so.
          const reason = state === 'sending' ? undefined : text(item, 'reason');
          return [refText(ref), { state, leaseUntil, reason }];
        }),
      );
    },
  };
}

function keyOf({ tenant, id }: DueEntry): Key {
  return keys.failoverWatch(tenant, id.slice(MARK.length));
}

function watchId({ topic, hour, pack, afterMs }: Omit<FailoverWatch, 'tenant' | 'destinations'>): string {
  return derivedId('fw', topic, hour, pack, String(afterMs));
}

function listed(tenant: string, id: string, atMs: number) {
  const entry = `${MARK}${id}`;
  return { due: dueKey(tenant, entry, atMs), dueAt: dueAtOf(tenant, entry, atMs) };
}

async function change(table: Table, watch: DueWatch, set: object, remove?: string): Promise<Written> {
  const { tenant, entry } = watch;
  const key = keys.failoverWatch(tenant, watchId(watch));
  const [written] = await execute(table, [update(table, key, { ...set }, { dueAt: entry.dueAt }, remove)]);
  return written!;
}
