import type { Catalog } from '../../core/catalog.ts';
import type { DeliveryRef } from '../../core/claim.ts';
import { isInbox, personOf } from '../../core/destination-id.ts';
import { type InboxWrite, type Refilled, inboxItem } from '../../core/inbox.ts';
import type { Notification } from '../../core/notification.ts';
import { isTeam, refuses, waysTo } from '../../core/recipient.ts';
import { type KeptUntil, type Retained, retentionOf } from '../../core/retention.ts';
import type { Written } from '../../core/written.ts';
import type { RecipientDeps } from '../recipients.ts';

export interface PeopleDeps extends RecipientDeps {
  readonly inbox: {
    readonly put: (writes: readonly InboxWrite[], until: KeptUntil) => Promise<readonly Written[]>;
    /** `conflict`: it is no longer dead as it was read. */
    readonly revive: (refilled: readonly Refilled[], until: KeptUntil) => Promise<readonly Written[]>;
  };
  readonly ttl: KeptUntil;
}

interface Round extends Retained {
  readonly ref: DeliveryRef;
  readonly seen: number;
  readonly content: Notification;
}

/** Leaves out what is for people who have no such way to be reached any more, or have refused its topic since. */
export async function wantedOf<R extends Round>(
  tenant: string,
  rounds: readonly R[],
  { destinations }: Pick<Catalog, 'destinations'>,
  { recipients }: RecipientDeps,
): Promise<R[]> {
  const names = new Set(rounds.flatMap(({ ref }) => personOf(ref.destination) ?? []));
  if (names.size === 0) return [...rounds];
  const people = await recipients(tenant, [...names]);
  return rounds.filter(({ ref, content }) => {
    const name = personOf(ref.destination);
    if (name === undefined) return true;
    const person = people.get(name);
    if (!person || isTeam(person)) return false;
    const ways = waysTo(person, (id) => destinations.get(id)?.channel);
    const way = ways.find(({ destination }) => destination === ref.destination);
    return way !== undefined && !refuses(person, content.topic, way.channel);
  });
}

/**
 * Puts messages into inboxes, where nothing can refuse them: each is over at once. The message first, so that nothing
 * counts as delivered that is not there. Answers how many are; throws when that is not known.
 */
export async function refillInboxes(rounds: readonly Round[], deps: PeopleDeps): Promise<number> {
  const own = rounds.filter(({ ref }) => isInbox(ref.destination));
  const put = await deps.inbox.put(
    own.map(({ ref, content, ...round }): InboxWrite => {
      const person = personOf(ref.destination)!;
      return { ref, person, item: inboxItem(content), ...retentionOf(round) };
    }),
    deps.ttl,
  );
  const there = own.filter((_, index) => put[index]?.kind !== 'unknown');
  const written = await deps.inbox.revive(
    there.map(({ ref, seen, ...round }) => ({ ref, changedAt: seen, ...retentionOf(round) })),
    deps.ttl,
  );
  if (there.length < own.length || written.some(({ kind }) => kind === 'unknown'))
    throw new Error('some inboxes may not have been filled');
  return written.filter(({ kind }) => kind === 'written').length;
}
