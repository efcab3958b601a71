import { bind } from './pattern/bind.ts';
import { Layout } from './pattern/layout.ts';
import type { Predicate } from './pattern.ts';
import { readWhen } from './when/read-when.ts';

export { WhenError } from './when/when-error.ts';

/**
 * Compiles an expression, `severity >= "error" && data.env == "prod"`, to the same kind of predicate as a pattern;
 * `docs/routing.md` has the whole of it. Throws `WhenError`, which names the column, for what cannot be read.
 */
export function compileWhen(text: string): Predicate {
  const layout = new Layout();
  const holds = bind(readWhen(text), layout);
  return (event) => layout.ask(event, holds);
}
