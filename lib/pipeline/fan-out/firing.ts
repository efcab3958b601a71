import { type AlertState, firingIn } from '../../core/alert-state.ts';
import type { Event } from '../../core/event.ts';

export interface FiringDeps {
  readonly list: (tenant: string) => Promise<readonly AlertState[]>;
  readonly now: () => number;
}

/** How long what fires is taken from memory; like the catalog, a rule acts within 10 s. */
const FRESH_MS = 10_000;
/** Bounds memory; those asked for least recently are dropped. */
const MAX_ALERTS = 20_000;

interface Copy {
  readonly at: number;
  readonly events: Promise<readonly Event[]>;
}

/** The alerts of a tenant that fire, as their events, at most 10 s old. Throws when they cannot be read. */
export function createFiring({ list, now }: FiringDeps): (tenant: string) => Promise<readonly Event[]> {
  const copies = new Map<string, Copy>();
  const sizes = new Map<string, number>();

  async function read(tenant: string, atMs: number): Promise<readonly Event[]> {
    const events = firingIn(await list(tenant), atMs);
    sizes.set(tenant, events.length);
    return events;
  }

  return async (tenant) => {
    const copy = copies.get(tenant);
    if (copy && now() - copy.at < FRESH_MS) return await copy.events;
    const at = now();
    const events = read(tenant, at);
    copies.delete(tenant);
    copies.set(tenant, { at, events });
    try {
      const found = await events;
      dropOldest();
      return found;
    } catch (error) {
      copies.delete(tenant);
      throw error;
    }
  };

  function dropOldest(): void {
    let held = [...copies.keys()].reduce((sum, tenant) => sum + (sizes.get(tenant) ?? 0), 0);
    for (const tenant of copies.keys()) {
      if (held <= MAX_ALERTS) return;
      held -= sizes.get(tenant) ?? 0;
      copies.delete(tenant);
      sizes.delete(tenant);
    }
  }
}
