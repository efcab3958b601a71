import { throughOf } from './destination-id.ts';

/** What a pause holds up: one destination, the destinations of a channel, or all of the tenant. */
export type PauseTarget =
  | { readonly destination: string }
  | { readonly channel: string }
  | { readonly tenant: true };

/** A pause of a tenant. It holds until somebody ends it; for some days after that, its time is known. */
export interface Pause {
  /** `pauseId` of its target: a target is paused once. */
  readonly id: string;
  readonly target: PauseTarget;
  /** For people. */
  readonly reason?: string;
  /** Epoch ms. */
  readonly at: number;
  /** Epoch ms of its end; absent: it holds. */
  readonly until?: number;
}

type Held = { readonly id: string; readonly channel: string };

/** Whoever runs the stack pauses for every tenant, under a name that no tenant can have. */
export const OPERATOR = '-';

export function pauseId(target: PauseTarget): string {
  if ('destination' in target) return `destination:${target.destination}`;
  return 'channel' in target ? `channel:${target.channel}` : 'tenant';
}

/** Whether a destination is held up by one of these. */
export function isPaused(pauses: readonly Pause[], destination: Held): boolean {
  return holdersOf(pauses, destination).length > 0;
}

/** Ids of those that hold it up. */
export function holdersOf(pauses: readonly Pause[], destination: Held): string[] {
  return pausesOf(pauses, destination).flatMap(({ id, until }) => (until === undefined ? [id] : []));
}

/** For how much of a time a destination was held up by these; where several did, it counts once. */
export function pausedMs(pauses: readonly Pause[], destination: Held, fromMs: number, toMs: number): number {
  const { sum } = pausesOf(pauses, destination)
    .toSorted((a, b) => a.at - b.at)
    .reduce(
      (counted, { at, until = toMs }) => {
        const start = Math.max(at, counted.upTo);
        const end = Math.min(until, toMs);
        return end > start ? { sum: counted.sum + end - start, upTo: end } : counted;
      },
      { sum: 0, upTo: fromMs },
    );
  return sum;
}

function pausesOf(pauses: readonly Pause[], { id, channel }: Held): readonly Pause[] {
  if (pauses.length === 0) return pauses;
  const through = throughOf(id);
  const ids = new Set([pauseId({ destination: through }), pauseId({ channel }), pauseId({ tenant: true })]);
  return pauses.filter((pause) => ids.has(pause.id));
}
