import type { Topic } from './catalog.ts';
import type { Event, Lane } from './event.ts';
import { compileRetention, retentionOf } from './retention.ts';
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
  return (event) => ({ ...urgencyOf(event), ...retentionOf({ retentionDays: retentionFor(event.topic) }) });
}

/** The terms where no settings say anything. */
export const DEFAULT_TERMS = compileTerms([]);
