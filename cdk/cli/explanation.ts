import type { ExplainedDelivery, ExplainedRecord } from '../../lib/core/explanation.ts';

/** What `POST /v1/explain` answers, as far as people read it. */
export interface Explanation {
  readonly at: string;
  readonly topic: string;
  readonly priority: string;
  readonly lane: string;
  readonly summary: string;
  /** Of an event that was posted: what became of it. */
  readonly recorded?: ExplainedRecord;
  readonly noRoute?: boolean;
  readonly routes: readonly {
    readonly route: string;
    /** Of a route within others: their ids. */
    readonly within?: readonly string[];
    readonly verdict: 'matched' | 'passedOn' | 'notMatched' | 'notAsked';
    readonly words?: string;
    readonly because?: string;
  }[];
  readonly deliveries: readonly ExplainedDelivery[];
  /** Whom it tells next, as long as nobody acknowledges it. */
  readonly escalation?: readonly { readonly at: string; readonly destinations: readonly string[] }[];
  readonly cost: { readonly dollars: number };
}

const MARKS = { matched: '+', passedOn: '+', notMatched: '-', notAsked: ' ' } as const;

/** An explanation as lines: the answer, what was written down, what the routes said, what becomes of each delivery. */
export function explanationLines(explanation: Explanation): string[] {
  const { at, topic, priority, summary, recorded, routes, deliveries, escalation = [], cost } = explanation;
  const failovers = deliveries.flatMap(({ failover = [] }) => failover);
  return [
    `${topic}, priority ${priority}, at ${at}`,
    '',
    ...(recorded ? [`Then: ${recorded.summary}`, `Now: ${summary}`, ...changesOf(recorded)] : [summary]),
    '',
    'Routes',
    ...rows(
      routes.map((one) => [
        `${MARKS[one.verdict]} ${[...(one.within ?? []), one.route].join(' > ')}`,
        wordsOf(one),
      ]),
    ),
    ...(routes.length === 0 ? ['  there are none'] : []),
    '',
    'Deliveries',
    ...rows(deliveries.map((one) => [nameOf(one), [one.summary, ...detailsOf(one)].join(' ')])),
    ...(deliveries.length === 0 ? ['  none: no route wants it'] : []),
    ...(failovers.length > 0 ? ['', 'While it is not accepted'] : []),
    ...rows(failovers.map(({ at: dueAt, to }) => [dueAt, to])),
    ...(escalation.length > 0 ? ['', 'Until somebody acknowledges it'] : []),
    ...rows(escalation.map((step) => [step.at, step.destinations.join(', ')])),
    '',
    `Cost: about $${(cost.dollars * 1e6).toFixed(2)} for a million of these, sent one by one; computing is not in it`,
  ];
}

function changesOf({ changed }: ExplainedRecord): string[] {
  return changed.map(({ destination, was, is }) => `  ${destination}: ${was} then, ${is} now`);
}

function wordsOf({ verdict, words, because }: Explanation['routes'][number]): string {
  if (verdict === 'matched') return 'wants it';
  if (verdict === 'passedOn') return 'wants it, and a route within it hears it';
  return verdict === 'notMatched' ? (words ?? 'does not want it') : `was not asked: ${because}`;
}

function nameOf({ destination, channel }: ExplainedDelivery): string {
  return channel === undefined ? destination : `${destination} (${channel})`;
}

/** What stands behind the sentence: the way it came, and what is said. */
function detailsOf({ route, template, notification, size }: ExplainedDelivery): string[] {
  const way = [
    route && `through route ${route}`,
    template && `as template ${template}`,
    notification && `"${notification.title}"`,
    size?.cut && 'its text is cut',
  ].filter(Boolean);
  return way.length > 0 ? [`(${way.join(', ')})`] : [];
}

/** Two columns. */
function rows(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
}
