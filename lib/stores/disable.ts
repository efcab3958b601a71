import type { Destination } from '../core/catalog.ts';
import type { CatalogWriter } from './catalog-writer.ts';

const TRIES = 3;

export interface DisableDeps {
  readonly writer: CatalogWriter;
  /** Tells the tenant; before the entry changes, because afterwards nobody would come by again. */
  readonly announce: (tenant: string, destination: Destination & { readonly etag: string }) => Promise<void>;
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
