import type { Catalog } from './catalog.ts';
import type { FanOutRules } from './fan-out.ts';
import { compileModes } from './mode.ts';
import { compileRoutes } from './route.ts';
import { compileSilences } from './silence.ts';

export type Rules = Required<FanOutRules>;

const compiled = new WeakMap<Catalog, (atMs: number) => Rules>();

/** What a catalog says of events at a time; its routes, topics and silences are compiled once per snapshot. */
export function rulesAt(catalog: Catalog, atMs: number): Rules {
  const known = compiled.get(catalog) ?? compileRules(catalog);
  compiled.set(catalog, known);
  return known(atMs);
}

function compileRules({ routes, topics, silences }: Catalog): (atMs: number) => Rules {
  const matching = compileRoutes(routes);
  const modeFor = compileModes(topics);
  const hushAt = compileSilences(silences);
  return (atMs) => ({ matchesOf: (event) => matching(event, atMs), modeFor, hush: hushAt(atMs) });
}
