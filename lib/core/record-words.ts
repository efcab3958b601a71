import type { Ahead } from './explanation.ts';
import { behindWords, nameOf } from './fate-words.ts';
import { answerOf, unheardWords } from './reason-words.ts';
import type { DeliveryView, EventView } from './views.ts';

/** What became of an event at a destination, as a sentence. */
export function recordWords(delivery: DeliveryView, behind?: Ahead): string {
  const { destination, state, reason, nextAt, digest } = delivery;
  const name = nameOf(destination);
  switch (state) {
    case 'delivered':
      return deliveredWords(delivery);
    case 'unrecorded':
      return `${name} most likely heard of it: its topic keeps no record of what is delivered.`;
    case 'discarded':
      return `${name} did not hear of it: ${unheardWords(delivery)}.`;
    case 'dead':
      return `${name} never heard of it: ${unheardWords(delivery)}.`;
    case 'retrying':
      return `${name} has not heard of it yet: it is tried again${nextAt ? ` at ${nextAt}` : ''}${answerOf(delivery)}.`;
    case 'held':
      return `${name} has not heard of it yet: ${heldWords(delivery)}.`;
    case 'sending':
      return `${name} is being told now.`;
    default:
      if (behind) return `${name} hears of it ${behindWords(behind)}.`;
      return digest === undefined
        ? `${name} has not heard of it yet: it is on its way${reason ? ` (${reason})` : ''}.`
        : `${name} is being told of it with others, in ${digest}.`;
  }
}

function deliveredWords({ destination, attempt, attempts = [], changedAt, digest }: DeliveryView): string {
  const at = attempts.findLast(({ outcome }) => outcome === 'delivered')?.at ?? changedAt;
  const doubts = attempts.filter(({ outcome }) => outcome === 'maybe').length;
  const heard = `${nameOf(destination)} heard of it${at === undefined ? '' : ` at ${at}`}`;
  if (digest !== undefined) return `${heard}, together with others, in ${digest}.`;
  if (doubts > 0)
    return `${heard}, and maybe ${doubts === 1 ? 'once' : `${doubts} times`} before: an earlier attempt may have arrived though its provider did not say so.`;
  return attempt > 1 ? `${heard}, at attempt ${attempt}.` : `${heard}.`;
}

function heldWords({ reason, cause, by = [], nextAt }: DeliveryView): string {
  const until = nextAt === undefined ? '' : ` until ${nextAt}`;
  if (reason === 'digest') return `it waits${until} to be told together with others`;
  if (reason === 'quietHours') return `quiet hours hold it back${until}`;
  if (reason === 'paused')
    return `a pause holds it back${by.length > 0 ? ` (${by.join(', ')})` : ''} until somebody ends it`;
  return `nobody knows whether its provider took it (${cause ?? reason}), so it waits${until} for somebody to look`;
}

/** What became of an event that no delivery speaks of; `undefined`: the deliveries do. */
export function unroutedWords({ state, reason, scheduledAt, noRoute, deliveries }: EventView) {
  if (reason === 'cancelled') return 'Nobody heard of it: it was cancelled before its time.';
  if (state === 'held') return `Nobody has heard of it yet: it waits for its time, ${scheduledAt}.`;
  if (noRoute) return 'Nobody heard of it: no route wanted it.';
  return deliveries.length === 0 ? 'Nobody has heard of it yet: it waits to be routed.' : undefined;
}
