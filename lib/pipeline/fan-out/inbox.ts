import { INBOX, isInbox, personOf } from '../../core/destination-id.ts';
import { type InboxEnd, type InboxWrite, inboxItem } from '../../core/inbox.ts';
import type { Telemetry } from '../../core/metrics.ts';
import { type KeptUntil, keptUntil, retentionOf } from '../../core/retention.ts';
import type { Written } from '../../core/written.ts';
import type { Planned } from './plan.ts';

export interface InboxDeps {
  readonly inbox: {
    readonly put: (writes: readonly InboxWrite[], until: KeptUntil) => Promise<readonly Written[]>;
    readonly end: (ended: readonly InboxEnd[], until: KeptUntil) => Promise<readonly Written[]>;
  };
  readonly now: () => number;
  readonly telemetry: Telemetry;
}

/**
 * Puts what is for inboxes there, and says of each delivery that it is over: no queue, no provider, no retry. A repeat
 * finds both written, and an item that was read meanwhile stays read. Answers the ids of messages that must come again.
 */
export async function fillInboxes(planned: readonly Planned[], deps: InboxDeps): Promise<Set<string>> {
  const going = planned.filter(({ destination }) => isInbox(destination));
  if (going.length === 0) return new Set();
  const nowMs = deps.now();
  const until: KeptUntil = (days) => keptUntil(nowMs, days);
  const isLate = ({ delivery }: Planned): boolean => (delivery.expiresAtMs ?? Infinity) < nowMs;
  const timely = going.filter((one) => !isLate(one));
  const put = await deps.inbox.put(timely.map(writeOf), until);
  const lost = new Set(timely.filter((_, index) => put[index]?.kind === 'unknown'));
  const over = going.filter((one) => !lost.has(one));
  const ended = await deps.inbox.end(
    over.map((one) => endOf(one, isLate(one))),
    until,
  );
  over.forEach((one, index) => {
    const kind = ended[index]?.kind;
    if (kind === 'unknown') lost.add(one);
    if (kind === 'written')
      if (isLate(one)) deps.telemetry.add('Discarded');
      else deps.telemetry.add('Delivered', 1, INBOX);
  });
  return new Set([...lost].map(({ source }) => source));
}

function refOf({ tenant, destination, delivery }: Planned) {
  return { tenant, event: delivery.notification.id, destination };
}

function writeOf(one: Planned): InboxWrite {
  const item = inboxItem(one.delivery.notification);
  return { ref: refOf(one), person: personOf(one.destination)!, item, ...retentionOf(one.delivery) };
}

function endOf(one: Planned, isLate: boolean): InboxEnd {
  const common = { ref: refOf(one), since: one.delivery.since, ...retentionOf(one.delivery) };
  return isLate ? { ...common, state: 'discarded', reason: 'expired' } : { ...common, state: 'delivered' };
}
