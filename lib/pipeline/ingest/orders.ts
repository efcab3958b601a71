import type { Catalog } from '../../core/catalog.ts';
import { type OrderOf, compileOrders } from '../../core/order.ts';

/** What events stay in order with, by their tenant's catalog; compiled once per snapshot. */
export function createOrders(
  catalog: (tenant: string) => Promise<Pick<Catalog, 'topics'>>,
): (tenant: string) => Promise<OrderOf> {
  const compiled = new WeakMap<object, OrderOf>();
  return async (tenant) => {
    const { topics } = await catalog(tenant);
    const orderOf = compiled.get(topics) ?? compileOrders(topics);
    compiled.set(topics, orderOf);
    return orderOf;
  };
}
