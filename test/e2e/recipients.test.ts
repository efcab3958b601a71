import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SILENT_VIEW } from '../../cdk/local/console-view.ts';
import { type LocalStack, startLocalStack } from '../../cdk/local/local-stack.ts';
import { type Driver, PATIENT, TEST, driver } from './rig.ts';

describe('people, on a stack with the roles it is deployed with', TEST, () => {
  const denials: string[][] = [];
  let stack: LocalStack;
  let user: Driver;
  beforeAll(async () => {
    const view = { ...SILENT_VIEW, denied: (...denial: string[]) => void denials.push(denial) };
    stack = await startLocalStack({ reuse: true, memory: true, view });
    user = driver(stack);
  }, TEST.timeout);
  afterAll(() => stack.close());

  test('are reached by mail and in their inbox, and hear no more of what they unsubscribe from', async () => {
    const alice = {
      destinations: [{ through: 'email', settings: { to: 'alice@example.com' } }],
      inbox: true,
    };
    expect((await user.call('PUT', '/v1/recipients/alice', alice)).status).toBe(201);
    expect((await user.call('PUT', '/v1/recipients/crew', { members: ['alice'] })).status).toBe(201);
    const event = { topic: 'orders.paid', recipients: ['crew'], data: { title: 'Paid' } };
    const [id = ''] = await user.post('/v1/events', event);
    const states = async (of: string) =>
      (await user.event(of)).deliveries.map(({ destination, state, reason }) => [destination, state, reason]);
    await expect
      .poll(() => states(id), PATIENT)
      .toEqual(
        expect.arrayContaining([
          ['alice.email', 'delivered', undefined],
          ['alice.inbox', 'delivered', undefined],
        ]),
      );
    const [mail] = await user.inbox('channel=email');
    expect(mail?.raw).toContain('alice@example.com');
    const read = async () => (await user.call('GET', '/v1/recipients/alice/inbox')).body;
    expect(await read()).toMatchObject({ unread: 1, items: [{ event: id, title: 'Paid', read: false }] });
    const { items } = (await read()) as { items: { id: string }[] };
    await user.call('POST', `/v1/recipients/alice/inbox/${items[0]?.id}/read`);
    expect(await read()).toMatchObject({ unread: 0, items: [{ read: true }] });

    await user.call('PATCH', '/v1/recipients/alice', { unsubscribed: ['orders.*'] });
    // Functions read a recipient again after ten seconds.
    await expect
      .poll(async () => {
        const [next = ''] = await user.post('/v1/events', event);
        await expect
          .poll(async () => (await states(next)).map(([, state]) => state), PATIENT)
          .not.toContain('pending');
        return (await states(next)).map(([, , reason]) => reason);
      }, PATIENT)
      .toEqual(['unsubscribed', 'unsubscribed']);
    expect(denials).toEqual([]);
  });
});
