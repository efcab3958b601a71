/** What `POST /v1/explain` answers, as far as people read it. */
export interface Explanation {
  readonly at: string;
  readonly topic: string;
  readonly priority: string;
  readonly lane: string;
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
}

export interface ExplainedDelivery {
  readonly destination: string;
  readonly channel?: string;
  readonly state: string;
  readonly reason?: string;
  /** Rules that keep it back. */
  readonly by?: readonly string[];
  readonly route?: string;
  readonly template?: string;
  readonly mode?: string;
  readonly expectedAt?: string;
  /** When what is held goes on. */
  readonly until?: string;
  /** What is wrong with the destination's settings. */
  readonly fault?: string;
  readonly notification?: { readonly title: string };
}

const MARKS = { matched: '+', passedOn: '+', notMatched: '-', notAsked: ' ' } as const;

/** An explanation as lines: what the routes said, then what becomes of each delivery. */
export function explanationLines(explanation: Explanation): string[] {
  const { at, topic, priority, routes, deliveries, escalation = [] } = explanation;
  return [
    `${topic}, priority ${priority}, at ${at}`,
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
    ...rows(deliveries.map((one) => [nameOf(one), fateOf(one, at)])),
    ...(deliveries.length === 0 ? ['  none: no route wants it'] : []),
    ...(escalation.length > 0 ? ['', 'Until somebody acknowledges it'] : []),
    ...rows(escalation.map((step) => [step.at, step.destinations.join(', ')])),
  ];
}

function wordsOf({ verdict, words, because }: Explanation['routes'][number]): string {
  if (verdict === 'matched') return 'wants it';
  if (verdict === 'passedOn') return 'wants it, and a route within it hears it';
  return verdict === 'notMatched' ? (words ?? 'does not want it') : `was not asked: ${because}`;
}

function nameOf({ destination, channel }: ExplainedDelivery): string {
  return channel === undefined ? destination : `${destination} (${channel})`;
}

function fateOf(delivery: ExplainedDelivery, at: string): string {
  const { state, reason, by = [], route, template, expectedAt, until, fault, notification } = delivery;
  const way = [route && `through route ${route}`, template && `as template ${template}`];
  if (state === 'pending') {
    const time = fault
      ? `cannot be sent: ${fault}`
      : expectedAt === undefined || expectedAt === at
        ? 'sent at once'
        : `sent at ${expectedAt}`;
    return [time, ...way, notification && `"${notification.title}"`].filter(Boolean).join(', ');
  }
  const because = reason === undefined ? state : `${state}, ${reason}`;
  const rules = by.length > 0 ? ` by ${by.join(', ')}` : '';
  return [`${because}${rules}`, until && `until ${until}`, ...way].filter(Boolean).join(', ');
}

/** Two columns. */
function rows(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
}
