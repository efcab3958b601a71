import type { DeliveryRef } from '../../core/claim.ts';
import { personOf } from '../../core/destination-id.ts';
import type { Event } from '../../core/event.ts';
import { type InboxWrite, type Refilled, inboxItem } from '../../core/inbox.ts';
import { type Recipient, isTeam } from '../../core/recipient.ts';
import { render } from '../../core/render.ts';
import { type KeptUntil, retentionOf } from '../../core/retention.ts';
import type { Written } from '../../core/written.ts';
import { type SeenDelivery, checkWritten, conflict } from './one-delivery.ts';

export interface RefillDeps {
  readonly inbox: {
    readonly put: (writes: readonly InboxWrite[], until: KeptUntil) => Promise<readonly Written[]>;
    /** `conflict`: it is no longer dead as it was read. */
    readonly revive: (refilled: readonly Refilled[], until: KeptUntil) => Promise<readonly Written[]>;
  };
  readonly directory: {
    readonly find: (tenant: string, id: string) => Promise<{ readonly recipient: Recipient } | undefined>;
  };
  readonly ttl: KeptUntil;
}

/**
 * Puts the message of a dead delivery into its inbox: there is no provider that could refuse it, so it is over at once.
 * The message first, so that nothing counts as delivered that is not there; one that is there stays as it is.
 */
export async function refillInbox(
  ref: DeliveryRef,
  seen: SeenDelivery,
  event: Event,
  deps: RefillDeps,
): Promise<void> {
  const person = personOf(ref.destination) ?? '';
  const found = await deps.directory.find(ref.tenant, person);
  if (!found || isTeam(found.recipient) || !found.recipient.inbox)
    throw conflict('Its person has no inbox any more.');
  const item = inboxItem(render(event));
  const [put] = await deps.inbox.put([{ ref, person, item, ...retentionOf(event) }], deps.ttl);
  // One that is there already is as good.
  if (put?.kind !== 'conflict') checkWritten(put!, '');
  const [written] = await deps.inbox.revive([{ ref, ...seen }], deps.ttl);
  checkWritten(written!, 'It has changed meanwhile; only a dead delivery can be replayed.');
}
