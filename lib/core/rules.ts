import type { Catalog } from './catalog.ts';
import type { FanOutRules } from './fan-out.ts';
import type { Event } from './event.ts';
import { compileHolds } from './hold.ts';
import type { Hush } from './hush.ts';
import { type Inhibiting, compileInhibitions } from './inhibition.ts';
import { compileModes } from './mode.ts';
import { compileRoutes } from './route.ts';
import { compileSilences } from './silence.ts';

export type Rules = Required<FanOutRules>;

/** The alerts that fire, beside what a catalog says. */
export interface Alerts {
  /** What is known to fire; the same list is compiled once. */
  readonly firing: readonly Event[];
  /** The events that are decided about together: of an alert among them this is the latest word. */
  readonly pack: readonly Event[];
}

const NO_ALERTS: Alerts = { firing: [], pack: [] };

type RulesAt = (atMs: number, alerts: Alerts) => Rules;

const compiled = new WeakMap<Catalog, RulesAt>();

/** What a catalog says of events at a time; its entries are compiled once per snapshot. */
export function rulesAt(catalog: Catalog, atMs: number, alerts = NO_ALERTS): Rules {
  const known = compiled.get(catalog) ?? compileRules(catalog);
  compiled.set(catalog, known);
  return known(atMs, alerts);
}

function compileRules(catalog: Catalog): RulesAt {
  const { routes, topics, silences, inhibitions } = catalog;
  const matching = compileRoutes(routes);
  const modeFor = compileModes(topics);
  const hushAt = compileSilences(silences);
  const holds = compileHolds(catalog);
  const inhibit = compileInhibitions(inhibitions);
  const known = new WeakMap<readonly Event[], ReturnType<typeof inhibit>>();
  const inhibiting = ({ firing, pack }: Alerts): Inhibiting => {
    const among = known.get(firing) ?? inhibit(firing);
    known.set(firing, among);
    return among(pack);
  };
  return (atMs, alerts) => ({
    matchesOf: (event) => matching(event, atMs),
    modeFor,
    hush: inhibitions.length === 0 ? hushAt(atMs) : both(hushAt(atMs), inhibiting(alerts)),
    holdOf: (...which) => holds(...which, atMs),
  });
}

/** Silences keep an event from some, inhibition from everybody. */
function both(silenced: Hush, inhibiting: Inhibiting): Hush {
  return (event) => {
    const silencesFor = silenced(event);
    const own = inhibiting(event).map((id) => `inhibited:${id}`);
    return own.length === 0 ? silencesFor : (destination) => [...silencesFor(destination), ...own];
  };
}
