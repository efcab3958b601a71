import jsonLogic from 'json-logic-js';
import { Engine } from 'json-rules-engine';
import type { Event } from '../../lib/core/event.ts';
import { compileRoutes } from '../../lib/core/route.ts';
import { type Side, interleave } from './interleave.ts';
import { OPERATORS, mixOf, mixedEvents } from './mix.ts';
import { type Measured, type Options, ratioRow, turns } from './rows.ts';

const ROUTES = 1_000;
const EVENTS = 300;

type Find = (event: Event) => readonly string[] | Promise<readonly string[]>;

/** What one of many events costs that meets a thousand rules, three engines in turns. */
export async function routes(options: Options): Promise<Measured> {
  const rules = mixOf(ROUTES);
  const events = mixedEvents(EVENTS);
  const matching = compileRoutes(rules.map(({ route }) => route));
  const fanfare: Find = (event) => matching(event).map(({ route = '' }) => route);

  const engine = new Engine(
    rules.map((rule) => rule.engine),
    { allowUndefinedFacts: true },
  );
  for (const [name, test] of Object.entries(OPERATORS)) {
    engine.addOperator(name, test);
    jsonLogic.add_operation(name, test);
  }
  const byEngine: Find = async (event) => (await engine.run({ ...event })).events.map(({ type }) => type);
  const byLogic: Find = (event) =>
    rules.filter(({ logic }) => jsonLogic.apply(logic, event) === true).map(({ route }) => route.id);
  for (const rival of [byEngine, byLogic]) await agree(rival, fanfare, events.slice(0, 60));

  const samples = await interleave(
    {
      fanfareUs: side(fanfare, events, 100 * EVENTS),
      engineUs: side(byEngine, events, 3),
      logicUs: side(byLogic, events, 30),
    },
    turns(options),
  );
  // Afterwards: V8 would compile one function for both kinds of events.
  const asRead = await interleave(
    { freshUs: freshSide(fanfare, events, 20 * EVENTS), engineUs: side(byEngine, events, 3) },
    turns(options),
  );
  return {
    rows: [
      ratioRow('routes1000.vsJsonRulesEngine', ['engineUs', 'fanfareUs'], samples),
      ratioRow('routes1000.vsJsonLogic', ['logicUs', 'fanfareUs'], samples),
      ratioRow('routes1000.fresh.vsJsonRulesEngine', ['engineUs', 'freshUs'], asRead),
    ],
    checks: [],
  };
}

/** Takes the events in turn, one at each call. */
function side(find: Find, events: readonly Event[], times: number): Side {
  let next = 0;
  return {
    run() {
      const found = find(events[next++ % events.length]!);
      return found instanceof Promise ? found.then(() => 1) : 1;
    },
    times,
  };
}

/** Events that have just been read, each met once: V8 knows neither their shape nor the hash of a text in them. */
function freshSide(find: Find, events: readonly Event[], times: number): Side {
  const texts = events.map((event) => JSON.stringify(event));
  let fresh: Event[] = [];
  return {
    prepare: () =>
      void (fresh = Array.from({ length: times }, (_, n) => JSON.parse(texts[n % texts.length]!))),
    run: () => (find(fresh.pop()!), 1),
    times,
  };
}

/** Throws unless both find the same, and something: only then is their time worth comparing. */
async function agree(rival: Find, reference: Find, events: readonly Event[]): Promise<void> {
  let found = 0;
  for (const event of events) {
    const [one, other] = [await rival(event), await reference(event)];
    found += one.length;
    if (one.toSorted().join() !== other.toSorted().join())
      throw new Error(`a rival finds ${one.join()} for ${event.id}, and Fanfare ${other.join()}`);
  }
  if (found === 0) throw new Error('no rule wants any event: this would measure nothing');
}
