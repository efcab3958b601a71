import { MAX_TOGETHER, PACK_TARGET_BYTES, packBySize } from '../../core/message.ts';
import { HORIZON_MS } from '../../core/slots.ts';
import { mayMerge } from './may-merge.ts';
import type { Returning } from './put-back.ts';
import { type Booked, type Prepared, destinationKey } from './work.ts';

/**
 * Deliveries of a batch that waited too long for one destination: they are told in one message, in one slot. Each keeps
 * its own claim, outcome and record, so that none depends on who else is in the message.
 */
export interface Parties {
  /** Each books and waits for its party; whoever is in none, for itself. */
  readonly leads: readonly Prepared[];
  /** All of a party, whoever leads it; whoever is in none, alone. */
  readonly membersOf: (lead: Prepared) => readonly Prepared[];
  /** All that may be sent, those of a party in the slot of its lead. */
  readonly booked: (leads: readonly Booked[]) => Booked[];
  /** All that go back, those of a party to the place of its lead. */
  readonly returning: (leads: readonly Returning[]) => Returning[];
}

export function formParties(works: readonly Prepared[], { now }: { readonly now: () => number }): Parties {
  const dueMs = now() + HORIZON_MS;
  const isMember = (work: Prepared): boolean =>
    work.gathered > 0 && (work.notBefore ?? 0) <= dueMs && mayMerge(work);
  const groups = [...Map.groupBy(works.filter(isMember), destinationKey).values()];
  const parties = new Map(groups.flatMap(cut).map((members) => [members[0]!.id, members]));
  const membersOf = (lead: Prepared): readonly Prepared[] => parties.get(lead.id) ?? [lead];
  return {
    membersOf,
    leads: [...works.filter((work) => !isMember(work)), ...[...parties.values()].map(([lead]) => lead!)],
    booked: (leads) =>
      leads.flatMap((lead) => {
        const members = membersOf(lead);
        return members.length > 1 ? members.map((member) => inSlotOf(lead, member)) : [lead];
      }),
    returning: (leads) =>
      leads.flatMap((lead): Returning[] => {
        const members = parties.get(lead.work.id);
        return members?.map((work) => Object.assign({}, lead, { work, n: work.delivery.n })) ?? [lead];
      }),
  };
}

/** As many as go back in one message. Who comes from an appointment leads: the others get a seat in it. */
function cut(members: readonly Prepared[]): Prepared[][] {
  const sorted = members.toSorted((a, b) => Number(b.appointed) - Number(a.appointed));
  return packBySize(sorted, PACK_TARGET_BYTES, MAX_TOGETHER, ({ delivery }) => JSON.stringify(delivery));
}

function inSlotOf({ id, slotAt, probe }: Booked, member: Prepared): Booked {
  return {
    ...member,
    ...(slotAt !== undefined && { slotAt }),
    ...(probe && { probe }),
    party: `party of ${id}`,
  };
}
