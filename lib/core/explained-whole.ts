import type { Route } from './catalog.ts';
import { personOf } from './destination-id.ts';
import type { Event } from './event.ts';
import { type RouteVerdict, wordsOf } from './explain-routes.ts';
import type { ExplainedDelivery } from './explanation.ts';
import { flattenRoutes } from './route-tree.ts';

/** What is said of all deliveries of an event, or of those of one destination or person. */
export interface Whole {
  readonly event: Pick<Event, 'to' | 'recipients'>;
  readonly routes: readonly Route[];
  readonly verdicts: readonly RouteVerdict[];
  readonly deliveries: readonly ExplainedDelivery[];
  /** Who asks; absent: everybody. */
  readonly about?: string | undefined;
}

/** Whether a delivery is one that is asked about: there, of this person, or refused by them. */
export function isAbout(
  about: string | undefined,
  { destination, by = [] }: { readonly destination: string; readonly by?: readonly string[] },
): boolean {
  return about === undefined || [destination, personOf(destination), ...by].includes(about);
}

/** Why somebody gets an event or does not, as a sentence. */
export function wholeWords(whole: Whole): string {
  const { deliveries, about } = whole;
  const own = deliveries.filter((one) => isAbout(about, one));
  if (own.length === 0) return about === undefined ? nobodyWords(whole) : unledWords(about, whole);
  if (about !== undefined || own.length === 1) return own.map(({ summary }) => summary).join(' ');
  return `Of ${own.length} destinations ${countsOf(own)}.`;
}

function countsOf(deliveries: readonly ExplainedDelivery[]): string {
  const count = (of: (one: ExplainedDelivery) => boolean): number => deliveries.filter(of).length;
  const counts = [
    [count(({ state }) => state === 'pending' || state === 'delivered'), 'is told', 'are told'],
    [count(({ state }) => state === 'held'), 'waits', 'wait'],
    [count(({ state }) => state === 'discarded'), 'does not hear of it', 'do not hear of it'],
  ] as const;
  return counts
    .filter(([found]) => found > 0)
    .map(([found, one, many]) => `${found} ${found === 1 ? one : many}`)
    .join(', ');
}

function nobodyWords({ routes, verdicts }: Whole): string {
  if (routes.length === 0) return 'Nobody hears of it: there is no route.';
  const nearest = verdicts.find(({ verdict }) => verdict === 'notMatched');
  if (!nearest) return 'Nobody hears of it: no route leads to anybody.';
  return `Nobody hears of it: no route wants it. Of ${nearest.route}, ${whyNot(nearest)}.`;
}

/** Why nothing leads to somebody: by the routes that name them. */
function unledWords(about: string, { event, routes, verdicts }: Whole): string {
  const start = `${about} does not hear of it:`;
  if (event.to) return `${start} the event names its destinations itself.`;
  if (event.recipients) return `${start} the event names its recipients itself.`;
  const naming = new Set(
    flattenRoutes(routes)
      .filter(({ route }) => [...(route.destinations ?? []), ...(route.recipients ?? [])].includes(about))
      .map(({ route }) => route.id),
  );
  const own = verdicts.filter(({ route }) => naming.has(route));
  // What an earlier route took is more to the point than what another did not want.
  const found = own.find(({ verdict }) => verdict === 'notAsked') ?? own.at(0);
  if (!found) return `${start} no route names it.`;
  return `${start} route ${found.route} ${found.verdict === 'notAsked' ? 'was not asked, because' : 'does not want it, because'} ${whyNot(found)}.`;
}

function whyNot(one: RouteVerdict): string {
  if (one.verdict === 'notMatched') return wordsOf(one.why);
  return one.verdict === 'notAsked' ? one.because : 'a route within it hears it in its place';
}
