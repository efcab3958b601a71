import jsonLogic from 'json-logic-js';
import { Engine } from 'json-rules-engine';
import type { Route } from '../../lib/core/catalog.ts';
import type { Event } from '../../lib/core/event.ts';
import { compileRoutes } from '../../lib/core/route.ts';
import { routesOf, streamOf, WAYS_OF_ASKING } from './operators.ts';
import { paired, type Side } from './paired.ts';
import { eventsOf, type Rule, rulesOf } from './rules.ts';

/** Two sides and how they may compare. */
export interface Row {
  readonly what: string;
  readonly firstUs: number;
  readonly secondUs: number;
  readonly ratio: number;
  readonly most?: number;
  readonly least?: number;
}

/** A thousand routes cost at most this many times what one does. */
const MOST_GROWTH = 25;
/** Events of a round. */
const EVENTS = 300;

/** Finds the ids of all rules that want an event. */
type Find = (event: Event) => readonly string[] | Promise<readonly string[]>;

interface Options {
  readonly routes: number;
  readonly rounds: number;
}

/** Routing by many rules against routing by one, and against two engines that know the same rules. */
export async function routing({ routes, rounds }: Options): Promise<Row[]> {
  const mixed = rulesOf(routes).map(({ route }) => route);
  return [
    await growth(`${routes} routes : 1, equals, prefix, numeric, $or`, mixed, 5, eventsOf(EVENTS), rounds),
    await growth(
      `${routes} routes : 1, every operator`,
      routesOf(routes),
      WAYS_OF_ASKING,
      streamOf(EVENTS),
      rounds,
    ),
    ...(await against('json-rules-engine', byEngine, 1, rounds)),
    ...(await against('json-rules-engine', byEngine, routes, rounds / 10)),
    ...(await against('json-logic-js', byLogic, 1, rounds)),
    ...(await against('json-logic-js', byLogic, routes, rounds / 10)),
  ];
}

/** Many routes against one, which is in turn the first of each of their kinds. */
async function growth(
  what: string,
  routes: readonly Route[],
  kinds: number,
  events: readonly Event[],
  rounds: number,
): Promise<Row> {
  const single = routes.slice(0, kinds).map((route) => compileRoutes([route]));
  let turn = 0;
  const one = side((event) => single[turn++ % kinds]!(event).map(({ route = '' }) => route), events, EVENTS);
  const measured = await paired(side(byRoutes(routes), events, EVENTS), one, rounds);
  return { what, ...measured, most: MOST_GROWTH };
}

async function against(
  name: string,
  rival: (rules: readonly Rule[]) => Find,
  count: number,
  rounds: number,
): Promise<Row[]> {
  const rules = rulesOf(count);
  const events = eventsOf(EVENTS);
  const fanfare = byRoutes(rules.map(({ route }) => route));
  const find = rival(rules);
  await agree(name, find, fanfare, events);
  const times = count === 1 ? EVENTS : 2;
  const measured = await paired(side(find, events, times), side(fanfare, events, EVENTS), Math.ceil(rounds));
  return [{ what: `${name} : Fanfare, ${count} rules`, ...measured, ...(count > 1 && { least: 1 }) }];
}

/** Takes the events in turn, one at each call. */
function side(find: Find, events: readonly Event[], times: number): Side {
  let next = 0;
  return { run: () => find(events[next++ % events.length]!), times };
}

function byRoutes(routes: readonly Route[]): Find {
  const matching = compileRoutes(routes);
  return (event) => matching(event).map(({ route = '' }) => route);
}

function byEngine(rules: readonly Rule[]): Find {
  const engine = new Engine(
    rules.map(({ engine: rule }) => rule),
    { allowUndefinedFacts: true },
  );
  engine.addOperator('startsWith', startsWith);
  return async (event) => {
    const { events } = await engine.run({ ...event });
    return events.map(({ type }) => type);
  };
}

function byLogic(rules: readonly Rule[]): Find {
  jsonLogic.add_operation('startsWith', startsWith);
  return (event) =>
    rules.filter(({ logic }) => jsonLogic.apply(logic, event) === true).map(({ route }) => route.id);
}

function startsWith(value: unknown, prefix: unknown): boolean {
  return typeof value === 'string' && typeof prefix === 'string' && value.startsWith(prefix);
}

/** Throws unless both find the same for every event: only then is their time worth comparing. */
async function agree(name: string, find: Find, reference: Find, events: readonly Event[]): Promise<void> {
  let found = 0;
  for (const event of events) {
    const [one, other] = [await find(event), await reference(event)];
    found += one.length;
    if (one.toSorted().join() !== other.toSorted().join())
      throw new Error(`${name} finds ${one.join()} for ${event.id}, and Fanfare ${other.join()}`);
  }
  if (found === 0) throw new Error('no rule wants any event: this would measure nothing');
}
