import type { Bench } from './bench.ts';
import { bus } from './benches/bus.ts';
import { channels } from './benches/channels.ts';
import { e2e } from './benches/e2e.ts';
import { engine } from './benches/engine.ts';
import { limits } from './benches/limits.ts';
import { metrics } from './benches/metrics.ts';
import { ownHandler } from './benches/own-handler.ts';
import { parts } from './benches/parts.ts';
import { queue } from './benches/queue.ts';
import { reliability } from './benches/reliability.ts';
import { routing } from './benches/routing.ts';
import { store } from './benches/store.ts';
import { webhook } from './benches/webhook.ts';

/** Every benchmark, in the order in which they are listed. */
export const BENCHES: readonly Bench[] = [
  ...channels,
  ...engine,
  ...routing,
  ...reliability,
  ...limits,
  ...queue,
  ...metrics,
  ...bus,
  ...store,
  ...webhook,
  ...parts,
  ...ownHandler,
  ...e2e,
];

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
