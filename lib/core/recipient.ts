import type { Destination, Settings } from './catalog.ts';
import { INBOX, personalId } from './destination-id.ts';
import { closestEntry } from './topic.ts';

/** A person with ways to be reached, and what they want to hear by which of them. */
export interface Person {
  readonly id: string;
  readonly name?: string;
  /** BCP 47, such as `de` or `pt-BR`. */
  readonly locale?: string;
  /** IANA time zone. */
  readonly zone?: string;
  readonly destinations?: readonly Address[];
  /** `true`: they have an in-app inbox. */
  readonly inbox?: boolean;
  readonly preferences?: readonly Preference[];
  /** Topic patterns of which they want to hear nothing at all. */
  readonly unsubscribed?: readonly string[];
}

/** The id of a destination of the catalog, or an own address through one. */
export type Address = string | PersonalAddress;

export interface PersonalAddress {
  /** Destination of the catalog that is used with these settings in the place of its own. */
  readonly through: string;
  readonly settings: Settings;
  /** Its provider calls it gone. */
  readonly gone?: true;
}

/** Which channels a person wants for topics; the closest pattern that names the channel decides, and without one it is on. */
export interface Preference {
  readonly topics: readonly string[];
  readonly channels: Readonly<Record<string, boolean>>;
}

/** A named list of people. */
export interface Team {
  readonly id: string;
  readonly name?: string;
  readonly members: readonly string[];
}

export type Recipient = Person | Team;

export function isTeam(recipient: Recipient): recipient is Team {
  return 'members' in recipient;
}

/** One way to reach a person. */
interface Way {
  readonly destination: string;
  /** Absent: the destination stands in the catalog no more. */
  readonly channel: string | undefined;
}

type ChannelOf = (destination: string) => string | undefined;

/** All ways to reach a person, each by the id that its deliveries carry. */
export function waysTo({ id, destinations = [], inbox }: Person, channelOf: ChannelOf): Way[] {
  const ways = destinations.map((address): Way => {
    if (typeof address === 'string') return { destination: address, channel: channelOf(address) };
    return { destination: personalId(id, address.through), channel: channelOf(address.through) };
  });
  return inbox ? [...ways, { destination: personalId(id, INBOX), channel: INBOX }] : ways;
}

/** Whether a person wants no message of a topic by a channel. */
export function refuses(
  { preferences = [], unsubscribed }: Person,
  topic: string,
  channel: string | undefined,
): boolean {
  if (unsubscribed && closestEntry([{ topics: unsubscribed }])(topic)) return true;
  if (channel === undefined) return false;
  const naming = preferences.filter(({ channels }) => Object.hasOwn(channels, channel));
  return closestEntry(naming)(topic)?.channels[channel] === false;
}

/** The destination that a personal address amounts to; `undefined`: the person has none through that one. */
export function personalDestination(
  { id, destinations = [] }: Person,
  base: Destination,
): Destination | undefined {
  const address = destinations.find((one) => typeof one !== 'string' && one.through === base.id);
  if (address === undefined || typeof address === 'string') return undefined;
  const own = { ...base, id: personalId(id, base.id), settings: { ...base.settings, ...address.settings } };
  return address.gone ? { ...own, enabled: false, disabledReason: 'gone' } : own;
}
