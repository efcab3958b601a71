import type { Catalog } from '../../core/catalog.ts';
import { standInFor } from '../../core/failover.ts';
import { toError } from '../each.ts';
import { type Lost, type PassOnDeps, passOn } from './pass-on.ts';

export interface AtOnceDeps extends PassOnDeps {
  readonly catalog: (tenant: string) => Promise<Catalog>;
}

/** Passes on what is given up without waiting for its time. What it fails to pass on is found then. */
export function createPassOn(deps: AtOnceDeps) {
  return async (lost: readonly Lost[]): Promise<void> => {
    for (const [tenant, own] of Map.groupBy(lost, ({ ref }) => ref.tenant)) {
      try {
        const catalog = await deps.catalog(tenant);
        const wanted = own.filter(({ ref }) => standInFor(ref.destination, catalog) !== undefined);
        await passOn(tenant, wanted, catalog, deps);
      } catch (error) {
        deps.telemetry.log('warn', 'deliveries fail over later', { tenant, error: toError(error) });
      }
    }
  };
}
