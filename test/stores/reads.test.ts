import { describe, expect, test } from 'vitest';
import { keys } from '../../lib/core/keys.ts';
import type { Suppressed } from '../../lib/core/hush.ts';
import type { DeliveryMode } from '../../lib/core/mode.ts';
import type { OutcomeWrite } from '../../lib/core/outcome-write.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { createDead } from '../../lib/stores/dead.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { createPoison } from '../../lib/stores/poison.ts';
import { createReads } from '../../lib/stores/reads.ts';
import { execute, insert } from '../../lib/stores/table.ts';
import { NOW, describeOnEngines } from './engines.ts';

const TTL = NOW / 1000 + 1_000;
const TIME = '2026-11-21T10:00:00.000Z';
let tenants = 0;

describeOnEngines('the ledger, as people ask it,', (store) => {
  /** A ledger of a tenant of its own, and short ways to fill it. */
  const openLedger = () => {
    const { ledger } = store();
    const tenant = `acme${tenants++}`;
    const claims = createClaims(ledger);
    const outcomes = createOutcomes(ledger, store());
    const fanOuts = createFanOuts(ledger, store());
    const ref = (event: string, destination: string) => ({ tenant, event, destination });
    return {
      tenant,
      claims,
      outcomes,
      reads: createReads(ledger, { readFanOuts: fanOuts.read }),
      ref,
      post: async (
        id: string,
        destinations: readonly string[],
        mode?: DeliveryMode,
        kept?: Suppressed,
      ): Promise<void> => {
        const event = { id, topic: 'a', time: TIME, lane: 'normal', data: {}, severity: 'critical' };
        const item = { ...keys.event(tenant, id), body: JSON.stringify(event), pack: `p-${id}`, at: NOW };
        await execute(ledger, [insert(ledger, item)]);
        const planned = { tenant, topic: 'a', hour: TIME.slice(0, 13), pack: `p-${id}` };
        await fanOuts.record(
          [
            {
              ...planned,
              destinations: new Map([[id, destinations]]),
              mode,
              ...(kept && { suppressed: new Map([[id, [kept]]]) }),
            },
          ],
          () => TTL,
        );
      },
      claim: async (event: string, destination: string, i = 0): Promise<void> => {
        const own = { owner: 'me', k: 0, i, attempt: 1, leaseUntil: NOW, ttl: TTL };
        await claims.claim([{ kind: 'insert', ref: ref(event, destination), own }]);
      },
      end: async (event: string, destination: string, more: Partial<OutcomeWrite>): Promise<void> => {
        const common = {
          ref: ref(event, destination),
          owner: 'me',
          attempt: 1,
          channel: 'chat',
          since: NOW,
        } as const;
        await outcomes.write([{ ...common, state: 'retrying', ...more }], () => TTL);
      },
    };
  };

  describe('tells of an event', () => {
    test('who was kept from it, and by which rule', async () => {
      const { reads, tenant, post } = openLedger();
      await post('e1', ['ops'], undefined, { destinations: ['dev'], by: ['silenced:maintenance'] });
      await post('e2', [], undefined, { destinations: ['dev'], by: ['silenced:maintenance'] });
      const kept = (event: string) => {
        const id = `${event}:dev`;
        return {
          id,
          event,
          destination: 'dev',
          state: 'discarded',
          reason: 'silenced',
          by: ['maintenance'],
          attempt: 0,
        };
      };
      expect((await reads.findEvent(tenant, 'e1'))?.deliveries).toEqual([
        { id: 'e1:ops', event: 'e1', destination: 'ops', state: 'pending', attempt: 0 },
        kept('e1'),
      ]);
      const silent = await reads.findEvent(tenant, 'e2');
      expect(silent?.deliveries).toEqual([kept('e2')]);
      expect(silent).not.toHaveProperty('noRoute');
    });

    test('nothing when there is none', async () => {
      const { reads, tenant } = openLedger();
      expect(await reads.findEvent(tenant, 'e1')).toBeUndefined();
    });

    test('that no route wanted it', async () => {
      const { reads, tenant, post } = openLedger();
      await post('e1', []);
      expect(await reads.findEvent(tenant, 'e1')).toEqual({
        id: 'e1',
        topic: 'a',
        time: TIME,
        severity: 'critical',
        receivedAt: TIME,
        pack: 'p-e1',
        noRoute: true,
        deliveries: [],
      });
    });

    test('that nothing was to be recorded, where claims are off', async () => {
      const { reads, tenant, post } = openLedger();
      await post('e1', ['ops'], 'claimsOff');
      expect(await reads.findEvent(tenant, 'e1')).toMatchObject({ deliveries: [{ state: 'unrecorded' }] });
    });

    test('where each delivery stands, also those nobody has claimed yet', async () => {
      const { reads, tenant, post, claim, claims, end, outcomes, ref } = openLedger();
      await post('e1', ['ok', 'retry', 'later', 'sending']);
      await claim('e1', 'ok', 0);
      await claim('e1', 'retry', 1);
      await claim('e1', 'sending', 2);
      const completion = { n: 1, notDelivered: [1, 2], at: NOW + 7, ms: [31] };
      await claims.complete({ tenant, owner: 'me', k: 0, completion, ttl: TTL });
      await outcomes.log(
        [
          {
            ref: ref('e1', 'retry'),
            n: 1,
            owner: 'me',
            atMs: NOW,
            outcome: 'maybe',
            reason: 'serverError',
            status: 502,
            ms: 9,
            detail: 'bad',
          },
        ],
        () => TTL,
      );
      await end('e1', 'retry', { reason: 'serverError', nextAtMs: NOW + 60_000 });
      const event = await reads.findEvent(tenant, 'e1');
      expect(
        event?.deliveries.map(({ destination, state, attempt }) => [destination, state, attempt]),
      ).toEqual([
        ['ok', 'delivered', 1],
        ['retry', 'retrying', 1],
        ['later', 'pending', 0],
        ['sending', 'sending', 1],
      ]);
      expect(event?.deliveries[0]?.attempts).toEqual([
        { n: 1, at: new Date(NOW + 7).toISOString(), outcome: 'delivered', ms: 31 },
      ]);
      expect(event?.deliveries[1]).toMatchObject({
        reason: 'serverError',
        nextAt: new Date(NOW + 60_000).toISOString(),
        attempts: [
          { n: 1, at: TIME, outcome: 'maybe', reason: 'serverError', status: 502, ms: 9, detail: 'bad' },
        ],
      });
    });

    test('the attempt that delivered after a retry', async () => {
      const { reads, tenant, post, claim, claims, end, ref } = openLedger();
      await post('e1', ['ops']);
      await claim('e1', 'ops');
      await end('e1', 'ops', { reason: 'timeout', nextAtMs: NOW });
      const own = { owner: 'me', k: 0, i: 0, attempt: 2, leaseUntil: NOW, ttl: TTL };
      await claims.claim([{ kind: 'advance', ref: ref('e1', 'ops'), own }]);
      await end('e1', 'ops', { state: 'delivered', attempt: 2 });
      const [delivery] = (await reads.findEvent(tenant, 'e1'))?.deliveries ?? [];
      expect(delivery).toMatchObject({
        state: 'delivered',
        attempt: 2,
        attempts: [{ n: 2, outcome: 'delivered' }],
      });
      expect(delivery).not.toHaveProperty('reason');
    });
  });

  describe('lists what is not delivered', () => {
    test('newest first, page by page, each once', async () => {
      const { reads, tenant, claim, end } = openLedger();
      for (let n = 0; n < 12; n++) {
        store().clock.ms = NOW + n;
        await claim(`e${n}`, 'ops');
        await end(`e${n}`, 'ops', n % 3 === 0 ? { state: 'dead', reason: 'exhausted' } : { nextAtMs: NOW });
      }
      const listed: string[] = [];
      for (let after: string | undefined; ;) {
        const page = await reads.listOpen(tenant, { limit: 5, ...(after !== undefined && { after }) });
        listed.push(...page.items.map(({ event }) => event));
        if ((after = page.next) === undefined) break;
      }
      expect(listed).toEqual(Array.from({ length: 12 }, (_, n) => `e${11 - n}`));
      const dead = await reads.listOpen(tenant, { state: 'dead', limit: 50 });
      expect(dead.items.map(({ event, state, reason }) => [event, state, reason])).toEqual(
        ['e9', 'e6', 'e3', 'e0'].map((event) => [event, 'dead', 'exhausted']),
      );
      store().clock.ms = NOW;
    });

    test('nothing of another tenant', async () => {
      const [mine, theirs] = [openLedger(), openLedger()];
      await mine.claim('e1', 'ops');
      await mine.end('e1', 'ops', { state: 'dead' });
      expect((await theirs.reads.listOpen(theirs.tenant, { limit: 5 })).items).toEqual([]);
    });
  });

  test('holds only keys that begin with a tenant, or are exempt', async () => {
    const { tenant, post, claim, claims, outcomes, end, ref } = openLedger();
    await post('e1', ['a', 'b']);
    await claim('e1', 'a');
    await claims.complete({ tenant, owner: 'me', k: 0, completion: { n: 1, notDelivered: [] }, ttl: TTL });
    await outcomes.log([{ ref: ref('e1', 'a'), n: 1, owner: 'me', atMs: NOW, outcome: 'retry' }], () => TTL);
    await end('e1', 'a', { nextAtMs: NOW, due: true });
    await createDead(store().ledger, store())(
      [{ ref: ref('e1', 'b'), reason: 'fanOut', attempt: 0, channel: 'chat', since: NOW }],
      () => TTL,
    );
    await createPoison(store().ledger, store())({ messageId: 'm1', body: undefined }, 'body is not text');
    for (const item of await store().items(store().ledger)) {
      expect(item.pk).toMatch(/^T#(acme\d+|-)#/);
      expect(item['open'] ?? 'T#acme0#U#0').toMatch(/^T#acme\d+#U#\d$/);
      expect(item['due'] ?? 'DUE#0#0').toMatch(/^DUE#\d+#\d+$/);
    }
  });
});
