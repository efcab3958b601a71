import type { Catalog, Topic } from '../../core/catalog.ts';

/** Compiles the settings of a tenant's topics, once per snapshot of its catalog. */
export function byTopics<Rules>(
  catalog: (tenant: string) => Promise<Pick<Catalog, 'topics'>>,
  compile: (topics: readonly Topic[]) => Rules,
): (tenant: string) => Promise<Rules> {
  const compiled = new WeakMap<readonly Topic[], { readonly rules: Rules }>();
  return async (tenant) => {
    const { topics } = await catalog(tenant);
    const known = compiled.get(topics) ?? { rules: compile(topics) };
    compiled.set(topics, known);
    return known.rules;
  };
}
