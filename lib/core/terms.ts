import type { Topic } from './catalog.ts';
import type { Event, Lane } from './event.ts';
import { compileRetention } from './retention.ts';
import { type Urgency, compileUrgency } from './urgency.ts';

/** On which terms an event is taken: decided once, and carried by it wherever it goes. */
export interface Terms extends Urgency {
  readonly retentionDays?: number;
}

export type TermsOf = (event: Pick<Event, 'topic' | 'severity'> & { readonly lane?: Lane }) => Terms;

/** The terms by the settings of topics. */
export function compileTerms(entries: readonly Topic[]): TermsOf {
  const urgencyOf = compileUrgency(entries);
  const retentionFor = compileRetention(entries);
  return (event) => {
    const urgency = urgencyOf(event);
    const retentionDays = retentionFor(event.topic);
    return retentionDays === undefined ? urgency : { ...urgency, retentionDays };
  };
}

/** The terms where no settings say anything. */
export const DEFAULT_TERMS = compileTerms([]);
