import type { Wait } from './explanation.ts';
import { isoTime } from './iso-time.ts';
import type { ScopeState } from './scope.ts';

/** A scope by its name, as it stands. */
export interface NamedScope {
  readonly name: string;
  readonly state: ScopeState;
}

/** What keeps a scope from sending at a time; of those that end at once the one that says most comes last. */
export function waitsOf(scopes: readonly NamedScope[], atMs: number): Wait[] {
  return scopes.flatMap(({ name, state: { tat = 0, line = 0, breaker } }) =>
    (
      [
        ['limit', tat],
        // Who comes now stands behind all who wait.
        ['line', line > tat ? line : 0],
        // An open circuit may let a probe pass when it ends.
        ['circuit', breaker?.untilMs ?? 0],
      ] as const
    ).flatMap(([cause, untilMs]) =>
      untilMs > atMs ? [{ for: cause, scope: name, until: isoTime(untilMs) }] : [],
    ),
  );
}

/** When all of them are over. */
export function endOf(waits: readonly Wait[], atMs: number): number {
  return Math.max(atMs, ...waits.map(({ until }) => Date.parse(until)));
}
