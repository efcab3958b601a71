import type { Topic } from './catalog.ts';
import type { Event, Lane } from './event.ts';
import { PRIORITY_OF, type Priority } from './priority.ts';
import { closestEntry } from './topic.ts';

/** How soon an event is to be heard. */
export interface Urgency {
  readonly lane: Lane;
  /** What the settings of its topic say of its severity; absent: the default holds. */
  readonly priority?: Priority;
}

/** Decided once, when an event is taken: the two lanes are different queues. */
type UrgencyOf = (event: Pick<Event, 'topic' | 'severity'> & { readonly lane?: Lane }) => Urgency;

/**
 * Urgency by the settings of topics; each of them comes from the closest entry that has it. What its severity makes
 * urgent is urgent whatever the producer says; else the event's own lane wins over that of its topic.
 */
export function compileUrgency(entries: readonly Topic[]): UrgencyOf {
  const laneOf = closestEntry(entries.filter(({ lane }) => lane !== undefined));
  const prioritiesOf = closestEntry(entries.filter(({ priorities }) => priorities !== undefined));
  return ({ topic, severity, lane }) => {
    const priority = severity && prioritiesOf(topic)?.priorities?.[severity];
    const isUrgent = lane === 'urgent' || (priority ?? (severity && PRIORITY_OF[severity])) === 'urgent';
    const chosen = isUrgent ? 'urgent' : (lane ?? laneOf(topic)?.lane ?? 'normal');
    return priority ? { lane: chosen, priority } : { lane: chosen };
  };
}
