import { bindCondition } from './pattern/condition.ts';
import { Layout } from './pattern/layout.ts';
import { readPattern } from './pattern/read-pattern.ts';

export { compileRoutes } from './route.ts';
export { PatternError } from './pattern/pattern-error.ts';

/** An event pattern as people write it: fields with lists of values and matchers, nested as the event is. */
export type Pattern = Readonly<Record<string, unknown>>;

export type Predicate = (event: unknown) => boolean;

/**
 * Compiles a pattern of the EventBridge language; `docs/routing.md` has the whole of it. Throws `PatternError`,
 * which names the place, for everything the language refuses. The predicate never throws; it costs one visit of
 * the members beside the named ones.
 */
export function compilePattern(pattern: unknown): Predicate {
  const layout = new Layout();
  const formula = readPattern(pattern);
  const holds = bindCondition({ formula, pattern: formula }, layout);
  return (event) => layout.ask(event, holds);
}
