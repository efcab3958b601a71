import type { Changed, ExplainedFate, ExplainedRecord } from '../../../core/explanation.ts';
import { isAbout } from '../../../core/explained-whole.ts';
import { recordWords, unroutedWords } from '../../../core/record-words.ts';
import type { DeliveryView, EventView } from '../../../core/views.ts';
import type { AheadAt } from './ahead.ts';

/** What was written down of an event, and where it would come to something else now. */
export function recordOf(
  view: EventView,
  fates: readonly ExplainedFate[],
  { about, aheadAt }: { readonly about: string | undefined; readonly aheadAt: AheadAt },
): ExplainedRecord {
  const { receivedAt, state, reason, noRoute } = view;
  const deliveries = view.deliveries.map((one) => {
    const behind = one.state === 'pending' ? aheadAt(one.destination) : undefined;
    return { ...one, ...(behind && { behind }), summary: recordWords(one, behind) };
  });
  const own = deliveries.filter((one) => isAbout(about, one));
  return {
    receivedAt,
    ...(state && { state }),
    ...(reason && { reason }),
    ...(noRoute && { noRoute }),
    summary:
      unroutedWords(view) ??
      (own.map(({ summary }) => summary).join(' ') ||
        `${about} did not hear of it: no route led there then.`),
    deliveries,
    changed: deliveries.length === 0 && !noRoute ? [] : changedIn(view.deliveries, fates),
  };
}

function changedIn(then: readonly DeliveryView[], now: readonly ExplainedFate[]): Changed[] {
  const before = new Map(then.map((one) => [one.destination, decidedThen(one)]));
  const after = new Map(now.map((one) => [one.destination, decidedNow(one)]));
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((destination) => ({
      destination,
      was: before.get(destination) ?? 'absent',
      is: after.get(destination) ?? 'absent',
    }))
    .filter((one) => one.was !== one.is);
}

/** Only the fan-out writes down rules. */
function decidedThen({ by, reason }: DeliveryView): string {
  return by && reason !== undefined ? reason : 'heard';
}

function decidedNow({ state, reason }: ExplainedFate): string {
  return state === 'discarded' && reason !== undefined ? reason : 'heard';
}
