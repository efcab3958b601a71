import type { ExplainedFate } from '../../../core/explanation.ts';
import { INBOX, isInbox } from '../../../core/destination-id.ts';
import { planFanOuts } from '../../../core/fan-out.ts';
import { heldReason } from '../../../core/group-window.ts';
import { reasonOf, ruleIds } from '../../../core/hush.ts';
import { isoTime } from '../../../core/iso-time.ts';
import { holdersOf } from '../../../core/pause.ts';
import { contentOf, ratesOf } from './content.ts';
import type { CountFor } from './count-for.ts';
import type { Known } from './known.ts';

/** What the fan-out and the rules of deliver would make of an event, for each destination that it leads to. */
export async function fatesOf(known: Known, count: CountFor): Promise<ExplainedFate[]> {
  const { tenant, event, rules, matches } = known;
  const pack = { v: 1, kind: 'events', tenant, pack: '', items: [event] } as const;
  const planned = planFanOuts(pack, { ...rules, matchesOf: () => matches });
  const { fanOut, countsOf } = await count(pack, planned);
  const mode = rules.modeFor(event.topic) ?? 'atLeastOnce';
  const heard = fanOut?.destinations.get(event.id) ?? [];
  const held = fanOut?.held?.get(event.id) ?? [];
  const kept = fanOut?.suppressed?.get(event.id) ?? [];
  return [
    ...heard.map((id) => Object.assign(fateOf(id, known), { mode }, countsOf(id), contentOf(id, known))),
    ...held.map((id) => {
      const fate = fateOf(id, known);
      const waits = fate.state === 'discarded' ? {} : waitOf(id, known);
      return Object.assign(fate, waits, { mode }, contentOf(id, known));
    }),
    ...kept.flatMap((group) =>
      group.destinations.map((destination): ExplainedFate => ({
        destination,
        state: 'discarded',
        reason: reasonOf(group),
        by: ruleIds(group),
      })),
    ),
  ];
}

/** What it would wait for, and until when, as the first of its window. */
function waitOf(id: string, { event, atMs, matches, rules }: Known): object {
  const match = matches.find(({ destinations }) => destinations.includes(id));
  const hold = match && rules.holdOf('', event, match, id);
  if (!hold) return {};
  const { kind, rule, values, closesAt } = hold;
  return {
    state: 'held',
    reason: heldReason(kind),
    by: [rule],
    group: values,
    until: isoTime(closesAt(atMs)),
  };
}

/** What deliver would do with it, as far as rules decide. */
function fateOf(id: string, { event, atMs, catalog, destinations, pauses, channels }: Known): ExplainedFate {
  const isExpired = event.expiresAt !== undefined && Date.parse(event.expiresAt) <= atMs;
  const expired = { state: 'discarded', reason: 'expired' } as const;
  if (isInbox(id))
    return { destination: id, channel: INBOX, ...(isExpired ? expired : { state: 'delivered' }) };
  const destination = destinations.get(id);
  const common = { destination: id, ...(destination && { channel: destination.channel }) };
  if (!destination || !channels.has(destination.channel))
    return { ...common, state: 'discarded', reason: 'destinationDeleted' };
  if (!destination.enabled) {
    const reason = destination.disabledReason === 'gone' ? 'gone' : 'disabled';
    return { ...common, state: 'discarded', reason };
  }
  if (isExpired) return { ...common, ...expired };
  const by = holdersOf(pauses, { id, channel: destination.channel });
  if (by.length > 0) return { ...common, state: 'held', reason: 'paused', by };
  const limits = ratesOf(id, destination.rate, channels.get(destination.channel), catalog);
  return Object.assign(common, { state: 'pending' } as const, { limits });
}
