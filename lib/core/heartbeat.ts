import type { Texts } from './alert.ts';
import type { Severity } from './severity.ts';

/** Something that says from time to time that it is well: when it does not, an alert fires. */
export interface Heartbeat {
  readonly id: string;
  /** From one beat to the next, at most. */
  readonly everyMs: number;
  /** So much later it counts as stopped. */
  readonly graceMs?: number;
  readonly title?: string;
  readonly severity?: Severity;
  readonly labels?: Texts;
}

/** `back`: it beats again, and nobody has been told yet. `gone`: nobody waits for its beats any more. */
export const PULSE_STATES = ['ok', 'late', 'back', 'gone'] as const;

/** How a heartbeat stands. */
export interface Pulse {
  readonly state: (typeof PULSE_STATES)[number];
  /** The last beat, or when it was made, epoch ms. */
  readonly lastMs: number;
  readonly hasBeaten: boolean;
  /** The last beat after which the timers stood still, and its time was counted anew. */
  readonly sparedMs?: number;
  /** When its last stop ended, epoch ms. */
  readonly endedMs?: number;
  /** Set while it is late, and until people know that it is back. */
  readonly stop?: Stop;
}

/** A time without beats. */
export interface Stop {
  /** When the beat was overdue, epoch ms. */
  readonly sinceMs: number;
  /** The last beat before it, epoch ms. */
  readonly lastMs: number;
  /** The settings of then: what was raised is resolved in the same words. */
  readonly heartbeat: Heartbeat;
  /** When people were told of it last, and how often before; absent: perhaps never. */
  readonly told?: Telling;
  /** The first beat after it, epoch ms. */
  readonly endedMs?: number;
}

export interface Telling {
  readonly atMs: number;
  readonly repeat: number;
}

const DEFAULT_GRACE_MS = 60_000;

/** How long after a beat a heartbeat counts as stopped. */
export function waitOf(heartbeat: Heartbeat): number {
  return heartbeat.everyMs + graceOf(heartbeat);
}

export function graceOf({ graceMs = DEFAULT_GRACE_MS }: Heartbeat): number {
  return graceMs;
}
