import type { LimitedScope } from './limited.ts';

/** Whatever is limited by scopes. */
interface Limited {
  readonly scopes: readonly LimitedScope[];
}

/** Puts together what shares a scope; the scope of most comes first. Without one, each is on its own. */
export function clustersOf<G extends Limited>(groups: readonly G[]): G[][] {
  const places = groups.flatMap((group) =>
    group.scopes.filter(({ shared }) => shared).map(({ tenant, id }) => ({ group, key: `${tenant}#${id}` })),
  );
  const [widest] = [...Map.groupBy(places, ({ key }) => key).values()].toSorted(
    (a, b) => b.length - a.length,
  );
  if (!widest) return groups.map((group) => [group]);
  const together = widest.map(({ group }) => group);
  return [together, ...clustersOf(groups.filter((group) => !together.includes(group)))];
}
