import type { Destination } from '../core/catalog.ts';
import { personOf, throughOf } from '../core/destination-id.ts';
import { type Address, isTeam } from '../core/recipient.ts';
import type { CatalogWriter } from './catalog-writer.ts';
import type { createRecipientWriter } from './recipients.ts';

const TRIES = 3;

export interface DisableDeps {
  readonly writer: CatalogWriter;
  /** Tells the tenant; before the entry changes, because afterwards nobody would come by again. */
  readonly announce: (tenant: string, destination: Destination & { readonly etag: string }) => Promise<void>;
}

/** Says of a person's own address that it is gone; what leads through the same destination to others goes on. */
export async function disableAddress(
  tenant: string,
  id: string,
  { writer, people, announce }: DisableDeps & { readonly people: ReturnType<typeof createRecipientWriter> },
): Promise<void> {
  const through = throughOf(id);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const stored = await people.find(tenant, personOf(id) ?? '');
    if (!stored || isTeam(stored.recipient)) return;
    const { destinations = [], ...person } = stored.recipient;
    const isGone = (one: Address): boolean => typeof one !== 'string' && one.through === through && !one.gone;
    if (!destinations.some(isGone)) return;
    const entry = await writer.find(tenant, 'destination', through);
    if (attempt === 0 && entry?.kind === 'destination')
      await announce(tenant, { ...entry.body, id, etag: stored.etag });
    const marked = destinations.map((one) => (isGone(one) ? markGone(one) : one));
    if (await people.put(tenant, { ...person, destinations: marked }, stored.etag)) return;
  }
}

function markGone(address: Address): Address {
  return typeof address === 'string' ? address : { ...address, gone: true };
}

/** Switches a destination off and says why. Somebody else's change in between is kept. */
export async function disableDestination(
  tenant: string,
  id: string,
  reason: 'gone',
  { writer, announce }: DisableDeps,
): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const entry = await writer.find(tenant, 'destination', id);
    if (entry?.kind !== 'destination' || !entry.body.enabled) return;
    if (attempt === 0) await announce(tenant, { ...entry.body, id, etag: entry.etag });
    const body = { ...entry.body, enabled: false, disabledReason: reason };
    if (await writer.put(tenant, 'destination', id, body, entry.etag)) return;
  }
}
