import { withAddressees } from '../core/addressees.ts';
import { type Catalog, type Destination, baseOf } from '../core/catalog.ts';
import { personOf } from '../core/destination-id.ts';
import type { Event } from '../core/event.ts';
import { type Recipient, isTeam, personalDestination } from '../core/recipient.ts';
import type { RouteMatch } from '../core/route.ts';
import type { Rules } from '../core/rules.ts';

export interface RecipientDeps {
  /** Those of a tenant that exist, by id; throws when they cannot be read. */
  readonly recipients: (tenant: string, ids: readonly string[]) => Promise<ReadonlyMap<string, Recipient>>;
}

/** Event id -> the routes that want it. */
export type Matches = ReadonlyMap<string, readonly RouteMatch[]>;

/** The routes that want each of these events, with the destinations of the people that they lead to. */
export async function matchAll(
  tenant: string,
  events: readonly Event[],
  catalog: Catalog,
  { matchesOf }: Pick<Rules, 'matchesOf'>,
  { recipients }: RecipientDeps,
): Promise<Matches> {
  const matched = events.map((event) => [event, matchesOf(event)] as const);
  const names = matched.flatMap(([, matches]) => matches.flatMap((match) => match.recipients ?? []));
  if (names.length === 0) return new Map(matched.map(([{ id }, matches]) => [id, matches]));
  const named = await recipients(tenant, [...new Set(names)]);
  const members = [...named.values()].flatMap((one) => (isTeam(one) ? one.members : []));
  const others = [...new Set(members)].filter((id) => !named.has(id));
  const people = new Map([...named, ...(others.length > 0 ? await recipients(tenant, others) : [])]);
  const channelOf = (id: string): string | undefined => catalog.destinations.get(id)?.channel;
  return new Map(
    matched.map(([event, matches]) => [event.id, withAddressees(matches, event, { people, channelOf })]),
  );
}

/** A destination of the catalog, or of a person; `undefined`: there is none. */
export async function findDestination(
  tenant: string,
  id: string,
  catalog: Catalog,
  { recipients }: RecipientDeps,
): Promise<Destination | undefined> {
  const base = baseOf(catalog, id);
  const owner = personOf(id);
  if (!base || owner === undefined) return base;
  const person = (await recipients(tenant, [owner])).get(owner);
  return person && !isTeam(person) ? personalDestination(person, base) : undefined;
}
