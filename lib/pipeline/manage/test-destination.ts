import type { CatalogEntry, EntryKind } from '../../core/catalog-entry.ts';
import type { Event } from '../../core/event.ts';
import { isoTime } from '../../core/iso-time.ts';
import { type EventPack, MESSAGE_VERSION, type OutgoingMessage } from '../../core/message.ts';
import { ProblemError, problem } from '../../core/problem.ts';
import { notFound, type Step } from './endpoint.ts';

export interface TestDeps {
  readonly entries: {
    readonly find: (tenant: string, kind: EntryKind, id: string) => Promise<CatalogEntry | undefined>;
  };
  /** Puts messages into the queue of events. */
  readonly enqueue: (messages: readonly OutgoingMessage[]) => Promise<{ readonly failed: readonly number[] }>;
  /** Writes the event's record, so that it can be looked up; whether it is there. */
  readonly record: (tenant: string, event: Event, pack: string) => Promise<boolean>;
  readonly random: (bytes: number) => Uint8Array;
  /** Epoch ms. */
  readonly now: () => number;
}

/** Sends a test message to one destination on the way every event takes; the answer names the event. */
export function testDestination({ entries, enqueue, record, random, now }: TestDeps): Step {
  return async ({ caller: { tenant }, params }) => {
    const destination = await entries.find(tenant, 'destination', params['id'] ?? '');
    if (destination?.kind !== 'destination') throw notFound();
    const { channel, enabled } = destination.body;
    if (!enabled) throw new ProblemError(problem('conflict', 'This destination is switched off.'));

    const event: Event = {
      id: newId(random),
      topic: 'fanfare.test',
      time: isoTime(now()),
      lane: 'normal',
      data: {
        title: 'Test from Fanfare',
        text: `If you can read this, the destination "${destination.id}" (${channel}) works.`,
      },
      to: [destination.id],
    };
    const pack: EventPack = {
      v: MESSAGE_VERSION,
      kind: 'events',
      tenant,
      pack: newId(random),
      items: [event],
    };
    const { failed } = await enqueue([{ body: JSON.stringify(pack), groupId: tenant }]);
    if (failed.length > 0) throw new ProblemError(problem('unavailable'), { 'retry-after': '5' });
    // On its way, but nobody could see what became of it: that is no test.
    if (!(await record(tenant, event, pack.pack)))
      throw new ProblemError(problem('unavailable'), { 'retry-after': '5' });
    return { status: 202, body: { id: event.id } };
  };
}

function newId(random: TestDeps['random']): string {
  return `test_${Buffer.from(random(16)).toString('base64url')}`;
}
