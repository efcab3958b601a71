import { INBOX, personOf, personalId } from './destination-id.ts';
import type { Event } from './event.ts';
import { type Person, type Recipient, isTeam, refuses, waysTo } from './recipient.ts';
import type { RouteMatch } from './route.ts';

/** Most people that one event reaches by the recipients it leads to: who wants to reach more posts more events. */
export const MAX_PEOPLE = 200;

export interface Directory {
  readonly people: ReadonlyMap<string, Recipient>;
  /** Channel of a destination of the catalog. */
  readonly channelOf: (destination: string) => string | undefined;
}

/**
 * Puts the destinations of people in the place of the recipients that matches name. Each destination is named once, by
 * a match that is not mute if there is one; what all who have it refuse is kept back, by the rules `refused` says.
 */
export function withAddressees(
  matches: readonly RouteMatch[],
  event: Pick<Event, 'topic' | 'to'>,
  directory: Directory,
): readonly RouteMatch[] {
  if (!matches.some(({ recipients }) => recipients)) return matches;
  const allowed = event.to && new Set(event.to);
  // What a replay names itself, and no route, may turn out to be the address of somebody a route names.
  const taken = new Set(
    matches.filter((one) => !allowed || isRouted(one)).flatMap((one) => one.destinations),
  );
  const reached = new Set<string>();
  const expanded = new Map<RouteMatch, RouteMatch>();
  for (const match of [...matches.filter(({ muted }) => !muted), ...matches.filter(({ muted }) => muted)]) {
    const { recipients, ...rest } = match;
    if (!recipients) continue;
    const { destinations, refused, locales } = reach(recipients, event.topic, reached, directory);
    const added = destinations.filter((id) => !taken.has(id) && (allowed?.has(id) ?? true));
    for (const id of added) taken.add(id);
    const kept = allowed ? new Map<string, string[]>() : refused;
    expanded.set(match, {
      ...rest,
      destinations: [...match.destinations, ...added],
      ...(kept.size > 0 && { refused: kept }),
      ...(locales.size > 0 && { locales }),
    });
  }
  return matches.map((match) => {
    if (!allowed || isRouted(match)) return expanded.get(match) ?? match;
    return { ...match, destinations: match.destinations.filter((id) => !taken.has(id)) };
  });
}

function isRouted({ route, recipients }: RouteMatch): boolean {
  return route !== undefined || recipients !== undefined;
}

interface Reached {
  readonly destinations: readonly string[];
  readonly refused: ReadonlyMap<string, string[]>;
  readonly locales: ReadonlyMap<string, string>;
}

/** `reached`: who was by the event already; grows. */
function reach(
  names: readonly string[],
  topic: string,
  reached: Set<string>,
  { people, channelOf }: Directory,
): Reached {
  const destinations = new Set<string>();
  const refused = new Map<string, string[]>();
  const locales = new Map<string, string>();
  const refuse = (id: string, rule: string): void => void refused.set(id, [...(refused.get(id) ?? []), rule]);
  for (const name of new Set(names)) {
    const recipient = people.get(name);
    const members = recipient && isTeam(recipient) ? recipient.members : [name];
    const fresh = members.filter((id) => !reached.has(id));
    if (reached.size + fresh.length > MAX_PEOPLE) {
      refuse(personalId(name, INBOX), 'capped:people');
      continue;
    }
    for (const id of members) {
      reached.add(id);
      const person = people.get(id);
      if (!person || isTeam(person)) refuse(personalId(id, INBOX), `destinationDeleted:${id}`);
      else place(person);
    }
  }
  for (const id of destinations) refused.delete(id);
  return { destinations: [...destinations], refused, locales };

  function place(person: Person): void {
    for (const { destination, channel } of waysTo(person, channelOf)) {
      if (refuses(person, topic, channel)) refuse(destination, `unsubscribed:${person.id}`);
      else destinations.add(destination);
      if (person.locale !== undefined && personOf(destination) !== undefined)
        locales.set(destination, person.locale);
    }
  }
}
