import jsonLogic from 'json-logic-js';
import { Engine } from 'json-rules-engine';
import type { Route } from '../../../lib/core/catalog.ts';
import type { Event } from '../../../lib/core/event.ts';
import { compileRoutes } from '../../../lib/core/route.ts';
import type { Bench, Case } from '../bench.ts';
import { routesOf, streamOf, WAYS_OF_ASKING } from '../operators.ts';
import { eventsOf, type Rule, rulesOf } from '../rules.ts';

const MANY = 1_000;
/** A thousand routes cost at most this many times what one does. */
const MOST_GROWTH = 25;
const EVENTS = 300;
/** Kinds of routes in `rulesOf`. */
const USUAL_KINDS = 5;

/** Finds the ids of all rules that want an event. */
type Find = (event: Event) => readonly string[] | Promise<readonly string[]>;

/** Many routes against one, and against two engines with the same rules. */
export const routing: readonly Bench[] = [
  {
    name: 'routing',
    rows: 'beside B05',
    about:
      'an event that meets one route and a thousand, usual ones or of every operator; two engines with the same',
    limits: [
      { what: '1000 usual routes : 1', first: 'usual-1000', second: 'usual-1', most: MOST_GROWTH },
      {
        what: '1000 routes of every operator : 1',
        first: 'every-1000',
        second: 'every-1',
        most: MOST_GROWTH,
      },
      { what: 'json-rules-engine : ours', first: 'json-rules-engine-1000', second: 'usual-1000', least: 1 },
      { what: 'json-logic-js : ours', first: 'json-logic-js-1000', second: 'usual-1000', least: 1 },
    ],
    async open() {
      const [usual, one] = [rulesOf(MANY), rulesOf(1)];
      const events = eventsOf(EVENTS);
      const ours = byRoutes(routesIn(usual));
      const every = routesOf(MANY);
      return {
        cases: {
          'usual-1': finding(inTurn(routesIn(usual).slice(0, USUAL_KINDS)), events),
          'usual-1000': finding(ours, events),
          'every-1': finding(inTurn(every.slice(0, WAYS_OF_ASKING)), streamOf(EVENTS)),
          'every-1000': finding(byRoutes(every), streamOf(EVENTS)),
          'json-rules-engine-1': rival(byEngine(one), byRoutes(routesIn(one)), { events, of: 'usual-1' }),
          'json-rules-engine-1000': rival(byEngine(usual), ours, { events, of: 'usual-1000' }),
          'json-logic-js-1': rival(byLogic(one), byRoutes(routesIn(one)), { events, of: 'usual-1' }),
          'json-logic-js-1000': rival(byLogic(usual), ours, { events, of: 'usual-1000' }),
        },
      };
    },
  },
];

/** Takes the events in turn, one at each call. */
function finding(find: Find, events: readonly Event[]): Case {
  let next = 0;
  return {
    async check() {
      for (const event of events) if ((await find(event)).length > 0) return true;
      return false;
    },
    async run() {
      const given = find(events[next++ % events.length]!);
      if (given instanceof Promise) await given;
      return 1;
    },
  };
}

/** Good only when both find the same for every event: only then is their time worth comparing. */
function rival(
  find: Find,
  ours: Find,
  { events, of }: { readonly events: readonly Event[]; readonly of: string },
): Case {
  const check = async (): Promise<boolean> => {
    for (const event of events)
      if ((await find(event)).toSorted().join() !== (await ours(event)).toSorted().join()) return false;
    return true;
  };
  return { ...finding(find, events), rivalOf: of, check };
}

function routesIn(rules: readonly Rule[]): Route[] {
  return rules.map(({ route }) => route);
}

function byRoutes(routes: readonly Route[]): Find {
  const matching = compileRoutes(routes);
  return (event) => matching(event).map(({ route = '' }) => route);
}

/** One route at a time, each of them in turn. */
function inTurn(routes: readonly Route[]): Find {
  const finds = routes.map((route) => byRoutes([route]));
  let turn = 0;
  return (event) => finds[turn++ % finds.length]!(event);
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
