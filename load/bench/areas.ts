import type { Bench } from './bench.ts';

/** Benchmarks by the first part of their names, loaded one area at a time: a process has nothing in it but its own. */
export const AREAS: Readonly<Record<string, () => Promise<readonly Bench[]>>> = {
  channels: async () => (await import('./benches/channels.ts')).channels,
  engine: async () => (await import('./benches/engine.ts')).engine,
  routing: async () => (await import('./benches/routing.ts')).routing,
  reliability: async () => (await import('./benches/reliability.ts')).reliability,
  limits: async () => (await import('./benches/limits.ts')).limits,
  queue: async () => (await import('./benches/queue.ts')).queue,
  metrics: async () => (await import('./benches/metrics.ts')).metrics,
  bus: async () => (await import('./benches/bus.ts')).bus,
  store: async () => (await import('./benches/store.ts')).store,
  webhook: async () => [
    ...(await import('./benches/webhook.ts')).webhook,
    ...(await import('./benches/parts.ts')).parts,
  ],
  example: async () => (await import('./benches/own-handler.ts')).ownHandler,
  techniques: async () => (await import('./benches/techniques.ts')).techniques,
  memory: async () => (await import('./benches/memory.ts')).memory,
  e2e: async () => (await import('./benches/e2e.ts')).e2e,
};

/** The benchmark of a name, without loading any other area. */
export async function benchOf(name: string): Promise<Bench | undefined> {
  const [area = ''] = name.split('/');
  const benches = Object.hasOwn(AREAS, area) ? await AREAS[area]!() : [];
  return benches.find((one) => one.name === name);
}
