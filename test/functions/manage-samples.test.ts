import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Rig, startManage } from './manage-rig.ts';

let rig: Rig;
let key: string;
let count = 0;

beforeAll(async () => {
  rig = await startManage();
});
afterAll(() => rig.close());
beforeEach(async () => {
  const tenant = `tenant${count++}`;
  key = await rig.newKey(tenant);
  rig.secrets.set(`${tenant}/chat`, 'https://discord.com/api/webhooks/1/a');
});

const make = (path: string, body: object) => rig.ask(`PUT /v1/${path}`, { key, body });
const put = (path: string, body: object) =>
  rig.ask(`PUT /v1/${path}`, { key, body, headers: { 'if-match': '*' } });
const chat = { channel: 'discord', settings: { webhookUrl: { secret: 'chat' } } };
const disks = {
  topics: ['disk.*'],
  samples: [
    { topic: 'disk.full', severity: 'error', data: { host: 'db1', note: '', text: 'x'.repeat(5_000) } },
  ],
};
const toChat = { topics: ['disk.*'], destinations: ['chat'], template: 'short' };

/** A catalog in which everything fits, but what is given in the place of it. */
const catalog = (template: object, topic: object = disks) => ({
  destinations: [{ id: 'chat', ...chat }],
  templates: [{ id: 'short', ...template }],
  topics: [{ id: 'disks', ...topic }],
  routes: [{ id: 'all', ...toChat }],
});

describe('a template that a sample is routed to', () => {
  test.each<[string, object, readonly [string, string][]]>([
    ['fits', { title: 'Full: {{data.host}}', text: '{{severity}} {{topic}} {{id}} {{time}}' }, []],
    [
      'names what the sample has not',
      { title: '{{data.hosts}}' },
      [['/title', 'the sample has no data.hosts']],
    ],
    [
      'names a member that the sample has not',
      { text: 'of {{source}}' },
      [['/text', 'the sample has no source']],
    ],
    ['says nothing', { title: ' {{data.note}} ' }, [['/title', 'nothing is left of it']]],
    ['has too long a title', { title: '{{data.text}}' }, [['/title', 'it is longer than 2048 bytes']]],
    [
      'is too long for its channel',
      { text: '{{data.text}}' },
      [['/text', 'it is longer than the 4096 that discord takes']],
    ],
    [
      'is too long for a channel, which has a text of its own',
      { text: '{{data.text}}', channels: { discord: { text: 'short' } } },
      [],
    ],
    [
      'is too long for a channel of its own',
      { text: 'short', channels: { telegram: { text: '{{data.text}}' } } },
      [['/channels/telegram/text', 'it is longer than the 4096 that telegram takes']],
    ],
    [
      'is wrong in a language, and there for a channel',
      { title: 'a', locales: { de: { title: '{{data.a}}', channels: { slack: { text: '{{data.b.c}}' } } } } },
      [
        ['/locales/de/title', 'the sample has no data.a'],
        ['/locales/de/channels/slack/text', 'the sample has no data.b.c'],
      ],
    ],
  ])('%s', async (_, template, faults) => {
    const expected = faults.map(([at, detail]) => ({
      pointer: at,
      detail: `template "short" at ${at} with sample 0 of topic "disks": ${detail}`,
    }));
    const whole = await make('catalog', catalog(template));
    expect((whole.body as { errors?: object[] }).errors ?? []).toMatchObject(
      expected.map((one) => ({ ...one, pointer: `/templates/0${one.pointer}` })),
    );
    expect(whole.status).toBe(faults.length > 0 ? 422 : 200);
    expect((await put('catalog', catalog({ title: 'fits' }))).status).toBe(200);
    const single = await put('templates/short', template);
    expect((single.body as { errors?: object[] }).errors ?? []).toMatchObject(expected);
    expect(single.status).toBe(faults.length > 0 ? 422 : 200);
  });
});

test('a sample, and a route that brings both together, are refused where they stand', async () => {
  const { samples } = disks;
  await put('catalog', catalog({ title: '{{data.disk}}' }, { topics: ['disk.*'] }));
  expect(await put('topics/disks', disks)).toMatchObject({
    status: 422,
    body: {
      errors: [{ pointer: '/samples/0', detail: expect.stringContaining('the sample has no data.disk') }],
    },
  });
  await put('routes/all', { topics: ['net.*'], destinations: ['chat'] });
  expect((await put('topics/disks', { topics: ['disk.*'], samples })).status).toBe(200);
  const inner = { id: 'inner', topics: ['disk.*'], template: 'short' };
  expect(await put('routes/all', { destinations: ['chat'], routes: [inner] })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/routes/0/template', code: 'unknown' }] },
  });
});

test('what no sample meets is not asked', async () => {
  const template = { title: '{{data.disk}}' };
  const net = { topics: ['net.*'], samples: [{ topic: 'net.down', data: {} }] };
  expect((await put('catalog', catalog(template, net))).status).toBe(200);
});

test('a sample is an event of its topic', async () => {
  const wrong = [
    [{ topic: 'net.down', data: {} }, '/samples/0/topic'],
    [{ topic: 'disk full', data: {} }, '/samples/0/topic'],
    [{ topic: 'disk.full' }, '/samples/0/data'],
    [{ topic: 'disk.full', data: {}, id: 'a' }, '/samples/0/id'],
  ] as const;
  for (const [sample, pointer] of wrong)
    expect(await make('topics/disks', { topics: ['disk.*'], samples: [sample] })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer }] },
    });
});

test('samples are as urgent as the settings of topics make them', async () => {
  const routes = [{ id: 'all', ...toChat, when: 'priority == "urgent"' }];
  const unfit = { ...catalog({ text: '{{data.absent}}' }), routes };
  const urgent = { ...disks, priorities: { error: 'urgent' } };
  const asked = (topic: object) => ({ ...unfit, topics: [{ id: 'disks', ...topic }] });
  expect(await make('catalog', asked(disks))).toMatchObject({ status: 200 });
  expect(await put('catalog', asked(urgent))).toMatchObject({ status: 422 });
});
