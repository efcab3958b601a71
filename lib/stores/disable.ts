import type { CatalogWriter } from './catalog-writer.ts';

const TRIES = 3;

/** Switches a destination off and says why. Somebody else's change in between is kept. */
export async function disableDestination(
  writer: CatalogWriter,
  tenant: string,
  id: string,
  reason: string,
): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const entry = await writer.find(tenant, 'destination', id);
    if (entry?.kind !== 'destination' || !entry.body.enabled) return;
    const body = { ...entry.body, enabled: false, disabledReason: reason };
    if (await writer.put(tenant, 'destination', id, body, entry.etag)) return;
  }
}
