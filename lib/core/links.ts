import { DIGEST_TOPIC } from './digest.ts';
import { personOf } from './destination-id.ts';
import { isEnd } from './escalation.ts';
import type { Event } from './event.ts';
import { type Link, type LinkPurpose, linkToken } from './link.ts';

/** URLs of pages on which whoever gets a message can answer it. */
export type Links = Readonly<Partial<Record<LinkPurpose, string>>>;

/** Makes the URL of a link, for one tenant and from one time on. */
export type MakeLink = (link: Pick<Link, 'purpose' | 'event' | 'destination' | 'topics'>) => string;

/** Where links lead, below the base URL of the API. */
export const LINK_PATH = '/v1/links/';

/** An incident that nobody says anything of is forgotten after this long. */
const ACKNOWLEDGE_SECONDS = 7 * 86_400;
/** CAN-SPAM wants 30 days from when a mail was sent (15 U.S.C. 7704(a)(3)(A)(ii)); people read late. */
const UNSUBSCRIBE_SECONDS = 90 * 86_400;

/** All topics of a message together, in characters: the whole URL has to fit into a header of a mail. */
const MAX_TOPICS = 256;

export function linkMaker(baseUrl: string, tenant: string, key: string, nowMs: number): MakeLink {
  const nowSeconds = Math.ceil(nowMs / 1_000);
  return (link) => {
    const kept = link.purpose === 'acknowledge' ? ACKNOWLEDGE_SECONDS : UNSUBSCRIBE_SECONDS;
    return `${baseUrl}${LINK_PATH}${linkToken({ ...link, tenant, expiresAt: nowSeconds + kept }, key)}`;
  };
}

interface Linked {
  readonly event: Pick<Event, 'id' | 'topic' | 'data' | 'escalates'>;
  readonly destination: string;
  /** The route by which it goes there escalates what it tells. */
  readonly isEscalated: boolean;
  /** What a digest tells of; absent: of its own topic. */
  readonly topics?: readonly string[] | undefined;
}

/** The links of one delivery; `undefined`: it has none. */
export function linksOf(
  { event, destination, isEscalated, topics }: Linked,
  make: MakeLink,
): Links | undefined {
  const about = patternsOf(topics ?? (event.topic === DIGEST_TOPIC ? [] : [event.topic]));
  const common = { event: event.id, destination };
  const links: Links = {
    ...((isEscalated || event.escalates) &&
      !isEnd(event) && { acknowledge: make({ ...common, purpose: 'acknowledge', topics: [] }) }),
    ...(personOf(destination) !== undefined &&
      about.length > 0 && { unsubscribe: make({ ...common, purpose: 'unsubscribe', topics: about }) }),
  };
  return Object.keys(links).length > 0 ? links : undefined;
}

/** Patterns for these topics that are short enough for a URL: where they are too many, by their first segments. */
function patternsOf(topics: readonly string[]): readonly string[] {
  const families = topics.map((topic) => (topic.includes('.') ? `${topic.split('.', 1)[0]}.*` : topic));
  return [topics, families].map(unique).find((patterns) => patterns.join().length <= MAX_TOPICS) ?? [];
}

function unique(patterns: readonly string[]): readonly string[] {
  return [...new Set(patterns)];
}
