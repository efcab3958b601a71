import type { Claim, Completion } from '../core/claim.ts';
import { deliveryId } from '../core/delivery.ts';
import { type GroupWindow, digestId, windowText } from '../core/group-window.ts';
import { type Key, keys } from '../core/keys.ts';
import type { DeliveryView } from '../core/views.ts';
import { claimOf, completionOf, number, text } from './attributes.ts';
import { iso, toDelivery } from './delivery-views.ts';
import { type Item, type Table, getItems, keyText } from './table.ts';
import { readWindows } from './windows.ts';

/** What becomes of deliveries that wait in windows, by their keys: that of the delivery they are told with. */
export async function heldViews(
  table: Table,
  tenant: string,
  claims: readonly Item[],
): Promise<Map<string, Partial<DeliveryView>>> {
  const pointers = claims.flatMap((claim) => {
    const [group, n] = [text(claim, 'group'), number(claim, 'n')];
    return claim['state'] === 'held' && group !== undefined && n !== undefined
      ? [{ claim, window: { tenant, group, n } }]
      : [];
  });
  if (pointers.length === 0) return new Map();
  const windows = await readWindows(
    table,
    pointers.map(({ window }) => window),
  );
  const closed = [...windows.values()].filter((window) => window.outcome?.digest);
  const digests = await getItems(table, closed.map(digestKey));
  const completions = await getItems(
    table,
    [...digests.values()].map((item) => completionKey(tenant, claimOf(item))),
  );
  return new Map(
    pointers.flatMap(({ claim, window: ref }): [string, Partial<DeliveryView>][] => {
      const window = windows.get(windowText(ref));
      if (!window) return [];
      const digest = digests.get(keyText(digestKey(window)));
      const completion = digest && completions.get(keyText(completionKey(tenant, claimOf(digest))));
      return [[claim.sk, viewOf(claim, window, digest, completion && completionOf(completion))]];
    }),
  );
}

function viewOf(
  claim: Item,
  window: GroupWindow,
  digest: Item | undefined,
  completion: Completion | undefined,
): Partial<DeliveryView> {
  if (window.phase !== 'closed') return { nextAt: iso(window.dueAtMs) };
  const { closedAt = 0, outcome } = window;
  const changedAt = iso(closedAt);
  if ((number(claim, 'expiresAtMs') ?? Infinity) <= closedAt)
    return { state: 'discarded', reason: 'expired', changedAt };
  // Its group had nothing to tell: what it brought was told before, or was over before anybody heard of it.
  if (!outcome?.digest) return { state: 'discarded', reason: 'superseded', changedAt };
  const event = digestId(window);
  const told = { digest: deliveryId(event, window.destination) };
  if (!digest) return { state: 'pending', changedAt, ...told };
  const {
    id: _,
    event: __,
    destination: ___,
    since: ____,
    ...view
  } = toDelivery(event, window.destination, digest, completion, []);
  return { ...view, ...told };
}

function digestKey(window: GroupWindow): Key {
  return keys.claim(window.tenant, digestId(window), window.destination);
}

function completionKey(tenant: string, { owner, k }: Claim): Key {
  return keys.completion(tenant, owner, k);
}
