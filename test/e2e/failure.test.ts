import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LocalStack } from '../../cdk/local/local-stack.ts';
import { GONE_TOPIC } from '../../lib/core/gone-notice.ts';
import { isObject } from '../../lib/core/is-object.ts';
import type { DeliveryView } from '../../lib/core/views.ts';
import { type Driver, PATIENT, TEST } from './rig.ts';
import { startWith } from './start-with.ts';

/** A destination per case, each with a route of its own: no case waits for what another has done. */
const webhook = (id: string) => ({ id, channel: 'webhook', settings: { url: `\${TWIN_URL}/webhook/${id}` } });
const DESTINATIONS = [
  ...['broken', 'gone', 'calm', 'next', 'mailbox'].map(webhook),
  // Broken soon, and tried again soon.
  { ...webhook('outage'), rate: { limit: 20, perMs: 1_000 }, breaker: { sends: 5, openMs: 1_000 } },
  { id: 'slack', channel: 'slack', settings: { webhookUrl: { secret: 'slack/team' } } },
  { id: 'discord', channel: 'discord', settings: { webhookUrl: { secret: 'discord/team' } } },
  {
    id: 'telegram',
    channel: 'telegram',
    settings: { token: { secret: 'telegram/bot' }, chatId: '1000' },
    failover: { to: 'mailbox' },
  },
  {
    id: 'email',
    channel: 'email',
    settings: {
      via: 'smtp',
      smtpUrl: { secret: 'mail/server' },
      from: 'fanfare@example.com',
      to: 'team@example.com',
      perSecond: 100,
    },
  },
];
const routeTo = (id: string) => ({ id, topics: [`to.${id}`], destinations: [id] });
const CATALOG = {
  destinations: DESTINATIONS,
  routes: [
    ...DESTINATIONS.map(({ id }) => routeTo(id)),
    { ...routeTo('many'), destinations: ['calm', 'email'] },
    { id: 'notices', topics: ['fanfare.*'], destinations: ['discord', 'calm'] },
  ],
};

const FLOOD = 60;
const queueOf = (id: string) => `Fanfare-${id}`;
const event = (topic: string, title: string) => ({ topic, data: { title } });
const isNotice = ({ body }: { readonly body: unknown }) => isObject(body) && body['type'] === GONE_TOPIC;

describe('what goes wrong on the way', TEST, () => {
  let stack: LocalStack;
  let user: Driver;
  beforeAll(async () => {
    ({ stack, user } = await startWith(CATALOG));
  });
  afterAll(() => stack.close());

  /** Posts an event to one destination; gives its id. */
  const send = async (destination: string, title = 'Hello'): Promise<string> => {
    const [id = ''] = await user.post('/v1/events', event(`to.${destination}`, title));
    return id;
  };
  /** Waits until the delivery of an event is in a state. */
  const reaches = async (id: string, state: string): Promise<DeliveryView> => {
    await expect.poll(async () => (await user.delivery(id))?.state, PATIENT).toBe(state);
    return (await user.delivery(id))!;
  };
  const titles = async (query: string) =>
    (await user.inbox(`verdict=accepted&${query}`)).map(
      ({ body, raw }) => (body as { title?: string })?.title ?? raw,
    );

  let hanging: string;
  test('a channel that hangs slows no other channel', async () => {
    await user.behave('slack', { hang: true });
    hanging = await send('slack');
    await expect.poll(() => user.inbox('channel=slack'), PATIENT).toHaveLength(1);
    const flood = Array.from({ length: FLOOD }, (_, n) => event('to.slack', `Flood ${n}`));
    await user.post('/v1/events', flood);
    const many = Array.from({ length: FLOOD }, (_, n) => event('to.many', `Calm ${n}`));
    await user.post('/v1/events', many);

    await expect.poll(() => titles('destination=calm'), PATIENT).toHaveLength(FLOOD);
    await expect.poll(() => titles('channel=email'), PATIENT).toHaveLength(FLOOD);
    // Nobody has waited for it: most of its own flood has not even been tried.
    expect((await user.inbox('channel=slack')).length).toBeLessThan(FLOOD);
    expect(await titles('channel=slack')).toEqual([]);
  });

  test('a server error is retried: on record, listed while it waits, and gone from the list afterwards', async () => {
    await user.behave('webhook', { status: 500, body: 'out of order' });
    const id = await send('broken');

    const waiting = await reaches(id, 'retrying');
    expect(waiting).toMatchObject({ channel: 'webhook', reason: 'serverError', attempt: 1 });
    expect(waiting.attempts).toMatchObject([
      { n: 1, outcome: 'retry', reason: 'serverError', status: 500, detail: 'out of order' },
    ]);
    expect(Date.parse(waiting.nextAt ?? '')).toBeGreaterThan(Date.parse(waiting.changedAt ?? ''));
    expect(await user.listed()).toContain(`${id}:broken`);
    expect(await user.listed('retrying')).toContain(`${id}:broken`);
    expect(await user.listed('dead')).toEqual([]);

    await user.behave('webhook', null);
    const done = await reaches(id, 'delivered');
    expect(done.attempts?.map(({ n, outcome }) => [n, outcome])).toEqual([
      [1, 'retry'],
      [2, 'delivered'],
    ]);
    expect(await user.listed()).not.toContain(`${id}:broken`);
    const [first, second, ...more] = await user.inbox('destination=broken');
    expect([first?.verdict, second?.verdict, more]).toEqual(['refused', 'accepted', []]);
    // The receiver knows a repeat by this.
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  });

  test('F53: what an outage has piled up arrives when it is over, each once', async () => {
    await user.behave('webhook', { status: 500 });
    const flood = Array.from({ length: FLOOD }, (_, n) => event('to.outage', `Outage ${n}`));
    await user.post('/v1/events', flood);
    const refused = () => user.inbox('destination=outage&verdict=refused');
    await expect.poll(async () => (await refused()).length, PATIENT).toBeGreaterThanOrEqual(5);
    await user.behave('webhook', null);

    await expect.poll(() => titles('destination=outage'), PATIENT).toHaveLength(FLOOD);
    expect(new Set(await titles('destination=outage')).size).toBe(FLOOD);
    // Most of them were spared the outage.
    expect((await refused()).length).toBeLessThan(FLOOD);
  });

  test('a refusal for rate uses up no attempt, and its hint is obeyed', async () => {
    await user.behave('discord', { status: 429, retryAfter: 2 });
    const id = await send('discord');
    await expect.poll(() => user.inbox('channel=discord'), PATIENT).toHaveLength(1);

    // Looked at late, it has come back already, and found no slot.
    const reason = expect.stringMatching(/^(rateLimited|noSlot)$/);
    expect(await reaches(id, 'retrying')).toMatchObject({ reason, attempt: 0, attempts: [] });
    await user.behave('discord', null);
    const { attempts } = await reaches(id, 'delivered');
    expect(attempts).toMatchObject([{ n: 1, outcome: 'delivered' }]);
    const [first, second] = (await user.inbox('channel=discord')) as unknown as { readonly at: string }[];
    expect(Date.parse(second?.at ?? '') - Date.parse(first?.at ?? '')).toBeGreaterThanOrEqual(2_000);
  });

  test('a message that the provider refuses is dead at once, with what it said', async () => {
    await user.behave('telegram', { status: 400 });
    const dead = await reaches(await send('telegram'), 'dead');
    await user.behave('telegram', null);

    expect(dead).toMatchObject({ reason: 'rejected', cause: 'clientError', attempt: 1 });
    expect(dead.attempts).toMatchObject([
      { n: 1, outcome: 'reject', status: 400, detail: expect.stringContaining('Bad Request') },
    ]);
    expect(await user.listed('dead')).toContain(dead.id);
    expect(await user.inbox('channel=telegram')).toHaveLength(1);
  });

  test('what a provider refuses goes to the next destination, and both say so', async () => {
    await user.behave('telegram', { status: 400 });
    const id = await send('telegram');
    await reaches(id, 'dead');
    await user.behave('telegram', null);

    await expect
      .poll(async () => (await user.event(id))?.deliveries, PATIENT)
      .toMatchObject([
        {
          destination: 'telegram',
          state: 'dead',
          failedOver: { to: 'mailbox', state: 'dead', reason: 'rejected' },
        },
        { destination: 'mailbox', state: 'delivered', failoverOf: 'telegram' },
      ]);
    const [received] = await user.inbox('destination=mailbox');
    expect(received?.raw).toContain('Not accepted by telegram: ');
  });

  test('a destination that is gone is switched off, and its message discarded', async () => {
    await user.behave('webhook', { status: 410 });
    const discarded = await reaches(await send('gone'), 'discarded');
    await user.behave('webhook', null);

    expect(discarded).toMatchObject({ reason: 'gone', attempt: 1 });
    expect(await user.listed('discarded')).toContain(discarded.id);
    const { body } = await user.call('GET', '/v1/destinations/gone');
    expect(body).toMatchObject({ enabled: false, disabledReason: 'gone' });
    await expect
      .poll(() => titles('channel=discord'), PATIENT)
      .toContainEqual(expect.stringContaining('was switched off'));
    const notice = async () => (await user.inbox('destination=calm')).find(isNotice)?.body;
    await expect.poll(notice, PATIENT).toBeDefined();
    const { id } = (await notice()) as { readonly id: string };
    expect(await user.event(id)).toMatchObject({ topic: GONE_TOPIC, subject: 'gone' });
  });

  test('messages nobody can read are recorded, and those beside them are delivered', async () => {
    const pack = {
      v: 1,
      kind: 'deliveries',
      tenant: 'default',
      destination: 'next',
      lane: 'normal',
      items: [],
    };
    const poison = [
      'not JSON',
      JSON.stringify({ ...pack, v: 0 }),
      JSON.stringify({ Records: [{ s3: {} }] }),
      '"text"',
    ];
    const before = (await user.stats()).metrics['Malformed'] ?? 0;
    for (const body of poison) {
      await user.enqueue('Events', queueOf('DeliverWebhook'), body);
      await user.enqueue('Ingest', queueOf('Events'), body);
    }

    await reaches(await send('next'), 'delivered');
    const seen = async () => ((await user.stats()).metrics['Malformed'] ?? 0) - before;
    await expect.poll(seen, PATIENT).toBe(2 * poison.length);
    const left = () => Promise.all([queueOf('DeliverWebhook'), queueOf('Events')].map(stack.depth));
    const empty = { ready: 0, delayed: 0, inFlight: 0 };
    await expect.poll(left, PATIENT).toEqual([empty, empty]);
  });

  test('a request that hangs is given up after a while, and may have been accepted', async () => {
    const { attempts } = await reaches(hanging, 'retrying');
    await user.behave('slack', null);

    expect(attempts).toMatchObject([{ n: 1, outcome: 'maybe', reason: 'timeout' }]);
    expect(await user.listed()).toContain(`${hanging}:slack`);
  });

  test('an event that no route wants says so', async () => {
    const [id = ''] = await user.post('/v1/events', event('for.nobody', 'Hello'));

    await expect.poll(async () => (await user.event(id)).noRoute, PATIENT).toBe(true);
  });
});
