import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SILENT_VIEW } from '../../cdk/local/console-view.ts';
import { type LocalStack, startLocalStack } from '../../cdk/local/local-stack.ts';
import { type LogLine } from '../../cdk/local/log-line.ts';
import { type Expected, alertsIn, expectedAlerts, shownOn } from './expected.ts';
import { readMessage } from './read-message.ts';
import { type Driver, PATIENT, type Received, TEST, driver, fixture, itemsOf } from './rig.ts';

const CHANNELS = ['discord', 'email', 'pagerduty', 'slack', 'telegram', 'webhook'];
const MANY = ['alertmanager-firing-100.json', 'alertmanager-resolved-100.json'] as const;

/** Chats take a message a second: each gets a few of the hundred alerts that fire, or of those that end. */
const CHATS = Array.from({ length: 30 }, (_, n) => ({
  n,
  status: n < 15 ? 'firing' : 'resolved',
  instances: alertsIn(MANY[0])
    .map(({ labels }) => labels['instance'])
    .filter((_one, i) => i % 15 === n % 15),
}));

const email = {
  id: 'email',
  channel: 'email',
  settings: {
    via: 'smtp',
    smtpUrl: { secret: 'mail/server' },
    from: 'fanfare@example.com',
    to: 'team@example.com',
    perSecond: 100,
  },
};
const webhook = {
  id: 'webhook',
  channel: 'webhook',
  settings: { url: '${TWIN_URL}/webhook/team', secrets: [{ secret: 'webhook/signing' }] },
};
const pagerduty = {
  id: 'pagerduty',
  channel: 'pagerduty',
  settings: { routingKey: { secret: 'pagerduty/service' } },
};
/** Destinations that take everything at once. */
const FAST = [email, pagerduty, webhook];
const FAST_IDS = FAST.map(({ id }) => id);
const chats = (name: string, bot: string, chatId: string) => [
  { id: `slack${name}`, channel: 'slack', settings: { webhookUrl: { secret: `slack/team${name}` } } },
  { id: `discord${name}`, channel: 'discord', settings: { webhookUrl: { secret: `discord/team${name}` } } },
  { id: `telegram${name}`, channel: 'telegram', settings: { token: { secret: `telegram/${bot}` }, chatId } },
];
const spread = CHATS.map(({ n, status, instances }) => ({
  id: `chats-${n}`,
  match: { data: { status: [status], alertname: ['HighLatency'], labels: { instance: instances } } },
  destinations: [`slack-${n}`, `discord-${n}`, `telegram-${n}`, ...FAST_IDS],
}));

const CATALOG = JSON.stringify({
  destinations: [
    ...FAST,
    ...chats('', 'bot', '1000'),
    ...CHATS.flatMap(({ n }) => chats(`-${n}`, `bot-${n % 8}`, String(2000 + n))),
  ],
  routes: [
    ...spread,
    { id: 'rest', default: true, destinations: [...FAST_IDS, 'slack', 'discord', 'telegram'] },
  ],
});

interface Post {
  readonly name: string;
  readonly path: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly expected: readonly Expected[];
}

const [firstCloudEvent] = fixture('cloudevents-batch.json') as readonly Readonly<Record<string, unknown>>[];
const cloudEvent = (title: string, text: string, type: string, subject?: string): Expected => ({
  title,
  text,
  about: [type, subject, subject ? '/shop/orders' : '/shop/notes'].filter(Boolean).join(' · '),
});
const PAID = cloudEvent(
  'Order 4711 paid',
  'Jane Doe paid EUR 42.10.',
  'com.example.order.paid',
  'order/4711',
);

const POSTS: readonly Post[] = [
  ...[
    ['alertmanager-firing-1.json', 'alertmanager'],
    ['alertmanager-resolved-1.json', 'alertmanager'],
    [MANY[0], 'alertmanager'],
    [MANY[1], 'alertmanager'],
    ['prometheus-v1.json', 'prometheus'],
    ['prometheus-v2.json', 'prometheus'],
  ].map(([name = '', source = '']) => ({
    name,
    path: '/webhook',
    body: fixture(name),
    expected: expectedAlerts(name, source),
  })),
  {
    name: 'generic-alert.json',
    path: '/webhook',
    body: fixture('generic-alert.json'),
    expected: [
      {
        title: '[FIRING] BackupFailed',
        text: 'The nightly backup of db-1 stopped after 12 minutes.',
        severity: 'error',
        status: 'firing',
        about: 'alert.firing · BackupFailed · generic',
      },
    ],
  },
  {
    name: 'event.json',
    path: '/v1/events',
    body: fixture('event.json'),
    headers: { 'idempotency-key': 'order-4711' },
    expected: [{ ...PAID, severity: 'info', about: 'order.paid · order/4711 · /shop/orders' }],
  },
  {
    name: 'cloudevents-batch.json',
    path: '/v1/events',
    body: fixture('cloudevents-batch.json'),
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    expected: [
      PAID,
      cloudEvent(
        'Order 4712 shipped',
        'Two parcels are on their way.',
        'com.example.order_shipped',
        'order/4712',
      ),
      cloudEvent('com.example.note', 'The café opens at nine.', 'com.example.note'),
    ],
  },
  {
    name: 'a structured CloudEvent',
    path: '/v1/events',
    body: { ...firstCloudEvent, id: 'structured' },
    headers: { 'content-type': 'application/cloudevents+json' },
    expected: [PAID],
  },
  {
    name: 'a binary CloudEvent',
    path: '/v1/events',
    body: firstCloudEvent?.['data'],
    headers: {
      'ce-specversion': '1.0',
      'ce-id': 'binary',
      'ce-source': '/shop/orders',
      'ce-type': 'com.example.order.paid',
      'ce-subject': 'order/4711',
    },
    expected: [PAID],
  },
];

interface PagerEvent {
  readonly event_action: string;
  readonly dedup_key: string;
  readonly payload: { readonly class: string; readonly custom_details: { readonly topic: string } };
}

const EXPECTED = POSTS.flatMap(({ expected }) => expected);

describe('everything that can be posted, on its way to every channel', TEST, () => {
  const catalog = join(tmpdir(), `fanfare-flow-${process.pid}.json`);
  const lines: LogLine[] = [];
  let stack: LocalStack;
  let user: Driver;
  let ids: readonly string[];
  let inbox: readonly Received[];

  beforeAll(async () => {
    writeFileSync(catalog, CATALOG);
    const view = { ...SILENT_VIEW, line: (_label: string, line: LogLine) => void lines.push(line) };
    stack = await startLocalStack({ reuse: true, catalog, view });
    user = driver(stack);
    const posted: string[] = [];
    const accepted = () => user.inbox('verdict=accepted');
    let wanted = 0;
    // One after the other: an alert that ends must have begun, and been told, or its begin is told no more.
    for (const { path, body, headers, expected } of POSTS) {
      posted.push(...(await user.post(path, body, headers)));
      wanted += expected.length * CHANNELS.length;
      await vi.waitUntil(async () => (await accepted()).length >= wanted, PATIENT);
    }
    ids = posted;
    inbox = await accepted();
  }, TEST.timeout);
  afterAll(async () => {
    await stack.close();
    rmSync(catalog);
  });

  test('becomes an event for each alert and each CloudEvent', () => {
    expect(new Set(ids).size).toBe(EXPECTED.length);
  });

  test.each(CHANNELS)('comes out at %s once, with the right title, text and look', (channel) => {
    const shown = inbox.filter((message) => message.channel === channel).map(readMessage);
    const expected = EXPECTED.map((one) => shownOn(channel, one));

    expect(shown.map(String).toSorted()).toEqual(expected.map(String).toSorted());
  });

  test('is what each provider asks for, and reaches it where it listens', async () => {
    // A busy machine may bunch what was sent in time; a refusal for rate costs a message nothing.
    const refused = (await user.inbox('verdict=refused')).filter(
      ({ why }) => !why?.startsWith('over the limit'),
    );
    // Where a provider can do that, the end of an alert is told in the message of its begin.
    const PATHS: Readonly<Record<string, RegExp>> = {
      slack: /^\/slack\/services\/T000\/B000\/slack%2Fteam/,
      discord: /^\/discord\/api\/v10\/webhooks\/1000\/discord%2Fteam[-\d]*(\?wait=true|\/messages\/\d+)$/,
      telegram: /^\/telegram\/bot1000000000:telegram-bot(-\d)?-of-the-twin\/(sendMessage|editMessageText)$/,
      pagerduty: /^\/pagerduty\/v2\/enqueue$/,
      email: /^MAIL FROM:<fanfare@example.com>$/,
      webhook: /^\/webhook\/team$/,
    };

    expect(refused.map(({ channel, why }) => [channel, why])).toEqual([]);
    expect(inbox.filter(({ channel, path }) => !PATHS[channel]?.test(path))).toEqual([]);
  });

  test('triggers and resolves an alert at PagerDuty under one key, and is one of its own otherwise', () => {
    const sent = inbox.filter(({ channel }) => channel === 'pagerduty').map(({ body }) => body as PagerEvent);
    const ofThe = (action: string) =>
      sent.filter((one) => one.event_action === action && one.payload.class === 'HighLatency');
    const keys = (action: string) => ofThe(action).map(({ dedup_key: key }) => key);

    expect(new Set(keys('trigger')).size).toBe(100);
    expect(keys('resolve').toSorted()).toEqual(keys('trigger').toSorted());
    const others = sent.filter(({ payload }) => !payload.custom_details.topic.startsWith('alert.'));
    expect(new Set(others.map(({ dedup_key: key }) => key)).size).toBe(others.length);
  });

  test('is signed for webhooks so that another implementation of the standard takes it', () => {
    const signed = inbox.filter(({ channel }) => channel === 'webhook');
    const receiver = new Webhook(stack.secrets['webhook/signing'] ?? '');

    for (const { raw, headers, body } of signed) expect(receiver.verify(raw, headers)).toEqual(body);
    expect(new Set(signed.map(({ headers }) => headers['webhook-id'])).size).toBe(EXPECTED.length);
    const [{ raw, headers } = { raw: '', headers: {} }] = signed;
    expect(() => receiver.verify(`${raw} `, headers)).toThrow('signature');
  });

  test('is shown as delivered, each delivery of it', async () => {
    // The last completion record may be on its way.
    const undelivered = async () => {
      const events = await Promise.all(ids.map((id) => user.event(id)));
      return events.flatMap(({ id, deliveries }) =>
        deliveries.length === CHANNELS.length && deliveries.every(({ state }) => state === 'delivered')
          ? []
          : [id],
      );
    };

    await expect.poll(undelivered, PATIENT).toEqual([]);
    expect(await user.listed()).toEqual([]);
  });

  test('is counted by channel in metrics that parse', async () => {
    const perChannel = Object.fromEntries(CHANNELS.map((channel) => [channel, EXPECTED.length]));
    const sums = () => {
      const values = lines.flatMap((line) => (line.kind === 'metrics' ? line.values : []));
      const delivered = Map.groupBy(
        values.filter(({ name }) => name === 'Delivered'),
        ({ per = '' }) => per,
      );
      return Object.fromEntries(
        [...delivered].map(([per, each]) => [per, each.reduce((sum, one) => sum + one.sum, 0)]),
      );
    };

    await expect.poll(sums, PATIENT).toEqual(perChannel);
    // Whatever a function writes is a metric or a line of the structured log.
    expect(lines.filter(({ kind }) => kind === 'text')).toEqual([]);
    expect((await user.stats()).metrics['EventsAccepted']).toBe(EXPECTED.length);
  });

  test('needs no right that a function does not have', async () => {
    const { functions } = await user.stats();

    expect(Object.entries(functions).filter(([, { denied, errors }]) => denied + errors > 0)).toEqual([]);
  });

  test('is known as a duplicate when it is posted again, and sent no second time', async () => {
    for (const { path, body, headers } of POSTS) {
      const { status, body: answer } = await user.call('POST', path, body, headers);
      expect(status).toBe(202);
      expect(itemsOf(answer).every(({ duplicate }) => duplicate)).toBe(true);
    }
    const { call } = user;
    const last = { topic: 'after.all', data: { title: 'The last one' } };
    await call('POST', '/v1/events', last);
    await expect
      .poll(async () => (await user.inbox('channel=webhook')).at(-1)?.raw, PATIENT)
      .toContain('The last');

    expect(await user.inbox('channel=webhook')).toHaveLength(EXPECTED.length + 1);
  });
});
