/** What a pause holds up: one destination, the destinations of a channel, or all of the tenant. */
export type PauseTarget =
  | { readonly destination: string }
  | { readonly channel: string }
  | { readonly tenant: true };

/** A pause of a tenant, until somebody ends it. */
export interface Pause {
  /** `pauseId` of its target: a target is paused once. */
  readonly id: string;
  readonly target: PauseTarget;
  /** For people. */
  readonly reason?: string;
  /** Epoch ms. */
  readonly at: number;
}

/** Whoever runs the stack pauses for every tenant, under a name that no tenant can have. */
export const OPERATOR = '-';

export function pauseId(target: PauseTarget): string {
  if ('destination' in target) return `destination:${target.destination}`;
  return 'channel' in target ? `channel:${target.channel}` : 'tenant';
}

/** Whether a destination is held up by one of these. */
export function isPaused(
  pauses: readonly Pause[],
  { id, channel }: { readonly id: string; readonly channel: string },
): boolean {
  if (pauses.length === 0) return false;
  const holding = new Set([pauseId({ destination: id }), pauseId({ channel }), pauseId({ tenant: true })]);
  return pauses.some((pause) => holding.has(pause.id));
}
