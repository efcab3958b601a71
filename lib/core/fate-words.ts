import { INBOX, isInbox, personOf } from './destination-id.ts';
import type { Ahead, ExplainedFate, Wait } from './explanation.ts';
import { unheardWords } from './reason-words.ts';

/** What would become of an event at a destination, as a sentence. */
export function fateWords(fate: ExplainedFate, at: string): string {
  const { destination, state } = fate;
  if (state === 'delivered') return `${nameOf(destination)} has it at once.`;
  if (state === 'discarded') return `${nameOf(destination)} does not hear of it: ${unheardWords(fate)}.`;
  if (state === 'held') return heldWords(fate);
  const { fault, behind, changes, merges, waits = [], expectedAt = at } = fate;
  if (fault !== undefined)
    return `${destination} cannot be told until somebody repairs its settings: ${fault}.`;
  if (behind) return `${destination} hears of it ${behindWords(behind)}.`;
  const time = expectedAt === at ? 'at once' : `at ${expectedAt}`;
  const when = merges ? `${time} or soon after, in one message with others` : time;
  const last = waits.findLast(({ until }) => until === expectedAt);
  const why = last ? `: ${waitWords(last)}` : '';
  if (changes)
    return `${destination} gets no new message: the one that tells of the incident changes ${when}${why}.`;
  return `${destination} hears of it ${when}${why}.`;
}

/** As a sentence begins: an inbox by whose it is. */
export function nameOf(destination: string): string {
  return isInbox(destination) ? `The ${INBOX} of ${personOf(destination)}` : destination;
}

function heldWords({ destination, reason, until, by = [] }: ExplainedFate): string {
  if (reason === 'paused')
    return `${destination} hears of it once somebody ends the pause of ${by.map(pausedWords).join(' and ')}.`;
  if (reason === 'quietHours')
    return `${destination} hears of it at ${until}: until then it has quiet hours.`;
  return `${destination} hears of it by ${until}, together with what else route ${by[0]} gathers.`;
}

/** `channel:slack`, or `tenant`. */
function pausedWords(pause: string): string {
  if (pause === 'tenant') return 'everything';
  const [kind, name] = pause.split(':');
  return `${kind} ${name}`;
}

export function behindWords({ event, state, stops }: Ahead): string {
  const order = `after ${event}, which comes before it in order`;
  return stops
    ? `${order} and is dead: somebody has to replay or discard that one`
    : `${order} and is ${state}`;
}

function waitWords({ for: cause, scope }: Wait): string {
  if (cause === 'circuit') return 'so much failed there that nothing is tried before';
  const limit = limitWords(scope);
  return cause === 'line'
    ? `others stand in line before it at ${limit}`
    : `until then ${limit} lets nothing pass`;
}

/** `limit all` is one of the catalog, by its id. */
function limitWords(scope: string): string {
  if (scope === 'destination') return 'its own limit';
  return scope.startsWith('limit ') ? scope : `the limit of its ${scope}`;
}
