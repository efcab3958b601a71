import type { Event } from './event.ts';
import type { Severity } from './severity.ts';

/** How soon people want to hear of an event, the most pressing first. */
export const PRIORITIES = ['urgent', 'high', 'medium', 'low'] as const;

export type Priority = (typeof PRIORITIES)[number];

/** What a severity is worth. */
export const PRIORITY_OF: Readonly<Record<Severity, Priority>> = {
  critical: 'urgent',
  error: 'high',
  warning: 'medium',
  info: 'low',
  debug: 'low',
};

/** Of an event that does not say how bad it is. */
export const DEFAULT_PRIORITY: Priority = 'medium';

/** Urgent by its lane, else what its topic's settings said, else by its severity. */
export function priorityOf({
  lane,
  priority,
  severity,
}: Pick<Event, 'lane' | 'priority' | 'severity'>): Priority {
  if (lane === 'urgent') return 'urgent';
  if (priority !== undefined) return priority;
  return severity === undefined ? DEFAULT_PRIORITY : PRIORITY_OF[severity];
}
