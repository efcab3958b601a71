import type { SendMessageBatchCommandInput, SQSClient } from '@aws-sdk/client-sqs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Event } from '../../lib/core/event.ts';
import { writeEvent } from '../../lib/core/event-text.ts';
import { MAX_EVENT_BYTES } from '../../lib/core/event-input.ts';
import { PACK_MAX_BYTES, parseEventPack } from '../../lib/core/message.ts';
import { send } from '../../lib/pipeline/ingest/send.ts';
import type { Fresh } from '../../lib/pipeline/ingest/work.ts';
import { createQueue } from '../../lib/platform/queue.ts';

/** SQS: of one call and of one message. */
const CALL_BYTES = 1_048_576;
/** Pairs of surrogates travel as escapes: twelve bytes for four. */
const ESCAPED = 3;
const ENVELOPE_BYTES = 1_024;

const fills = { plain: 'x', emoji: '😀', quotes: '"', accents: 'é' } as const;

/** An event of about so many bytes, as ingest lets it in. */
function eventOf(id: string, size: number, fill: keyof typeof fills, lane: Event['lane']): Event {
  const each = Buffer.byteLength(JSON.stringify(fills[fill])) - 2;
  const text = fills[fill].repeat(Math.max(0, Math.floor((size - 200) / each)));
  return { id, topic: 'a', time: '2026-11-21T10:00:00.000Z', lane, data: { text } };
}

test('posts of any events leave in calls and messages that SQS takes, and nothing of them is lost', async () => {
  const sizes = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 200, max: 5_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: 5_000, max: 80_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 80_000, max: MAX_EVENT_BYTES }) },
  );
  const post = fc.array(
    fc.record({
      size: sizes,
      fill: fc.constantFrom(...(Object.keys(fills) as (keyof typeof fills)[])),
      lane: fc.constantFrom('normal' as const, 'urgent' as const),
      isContested: fc.boolean(),
    }),
    { minLength: 1, maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(post, async (drafts) => {
      const calls: SendMessageBatchCommandInput[] = [];
      const client = {
        send: ({ input }: { input: SendMessageBatchCommandInput }) =>
          Promise.resolve(calls.push(input) && {}),
      } as unknown as SQSClient;
      const fresh = drafts.map(({ size, fill, lane, isContested }, n): Fresh => {
        const event = eventOf(`e${n}`, size, fill, lane);
        return {
          ...writeEvent(event),
          hash: 'h'.repeat(22),
          isAlert: false,
          isContested,
          verdict: { kind: 'fresh', id: event.id },
        };
      });
      const sent = await send('acme', fresh, () => undefined, 0, {
        enqueue: createQueue({ client, wait: () => Promise.resolve() }).enqueue,
        queues: { normal: 'normal', urgent: 'urgent' },
        newId: () => 'p'.repeat(22),
        telemetry: { add: () => undefined, log: () => undefined },
      });
      expect(sent).toHaveLength(fresh.length);

      const entries = calls.map(({ Entries = [] }) => Entries.map(({ MessageBody = '' }) => MessageBody));
      for (const bodies of entries) {
        const bytes = bodies.map((body) => Buffer.byteLength(body));
        expect(bodies.length).toBeLessThanOrEqual(10);
        expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(CALL_BYTES - 16 * 1_024);
      }
      const packs = entries.flat().map((body) => ({ body, pack: parseEventPack(body) }));
      const items = packs.flatMap(({ body, pack }) => {
        if (!pack.ok) throw new Error(pack.why);
        const alone = ESCAPED * MAX_EVENT_BYTES + ENVELOPE_BYTES;
        const most = pack.message.items.length > 1 ? PACK_MAX_BYTES : alone;
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(most);
        return pack.message.items;
      });
      const byId = (events: readonly Event[]) => events.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      expect(byId(items)).toEqual(byId(fresh.map(({ event }) => event)));
    }),
    { numRuns: 60 },
  );
});
