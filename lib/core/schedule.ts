import type { Event } from './event.ts';

/** Nobody plans further ahead: what came of an event is kept for as long. */
export const MAX_AHEAD_MS = 30 * 86_400_000;

/** What is due sooner waits in the queue of events, by its `DelaySeconds`; anything later with the timers. */
const SOON_MS = 120_000;
/** The timers come by every minute: an entry comes up this long before its time, and its message waits the rest. */
const EARLY_MS = 60_000;

/** Until when an event is held, epoch ms, and by whom. */
export interface Hold {
  readonly untilMs: number;
  readonly by: 'queue' | 'timers';
}

/** `undefined`: its time has come, or it has none. */
export function holdOf({ scheduledAt }: Pick<Event, 'scheduledAt'>, nowMs: number): Hold | undefined {
  const untilMs = scheduledAt === undefined ? nowMs : Date.parse(scheduledAt);
  if (!(untilMs > nowMs)) return undefined;
  return { untilMs, by: untilMs - nowMs > SOON_MS ? 'timers' : 'queue' };
}

/** When the timers look after an event that is held until then. */
export function wakeMs({ untilMs }: Hold): number {
  return untilMs - EARLY_MS;
}

/** What its message waits in the queue, in whole seconds: never less than it has to. */
export function delayUntil(untilMs: number, nowMs: number): number {
  return Math.max(0, Math.ceil((untilMs - nowMs) / 1_000));
}

/** Of an event that was scheduled: it is held, it is out of the schedule and on its way, or somebody cancelled it. */
export const SCHEDULE_STATES = ['scheduled', 'taken', 'cancelled'] as const;
export type ScheduleState = (typeof SCHEDULE_STATES)[number];
