import { AREAS } from './areas.ts';
import type { Bench } from './bench.ts';

/** Every benchmark, in the order in which they are listed. */
export const BENCHES: readonly Bench[] = (
  await Promise.all(Object.values(AREAS).map((load) => load()))
).flat();

/** Those that names ask for: `engine` asks for all of its own. Without names, for all. */
export function benchesFor(names: readonly string[]): {
  readonly wanted: readonly Bench[];
  readonly unknown: readonly string[];
} {
  return {
    wanted: BENCHES.filter((bench) => names.length === 0 || names.some((name) => isAsked(bench, name))),
    unknown: names.filter((name) => !BENCHES.some((bench) => isAsked(bench, name))),
  };
}

function isAsked(bench: Bench, name: string): boolean {
  return bench.name === name || bench.name.startsWith(`${name}/`);
}
