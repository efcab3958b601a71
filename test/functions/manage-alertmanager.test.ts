import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Alert } from '../../lib/core/alert.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { type Ask, NOW, type Rig, startManage, verdict } from './manage-rig.ts';

let rig: Rig;
let key: string;
let tenant: string;
let count = 0;

beforeAll(async () => {
  rig = await startManage();
});
afterAll(() => rig.close());
beforeEach(async () => {
  tenant = `tenant${count++}`;
  key = await rig.newKey(tenant);
});

const MINUTE = 60_000;
const iso = (ms: number) => new Date(ms).toISOString();
const ask = (line: string, body?: unknown, more: Ask = {}) =>
  rig.ask(line, { key, ...(body !== undefined && { body }), ...more });
const put = (line: string, body: object) => ask(`PUT ${line}`, body);

/** Makes alerts fire, or end, as ingest writes it. */
async function fire(
  labels: Readonly<Record<string, string>>,
  { untilMs = NOW + 4 * MINUTE, ...more }: Partial<Alert> & { untilMs?: number } = {},
) {
  const alert: Alert = {
    source: 'prometheus',
    name: labels['alertname'] ?? '',
    status: 'firing',
    labels,
    annotations: { summary: 'it is full' },
    fingerprint: Object.values(labels).join('-'),
    startsAtMs: NOW - MINUTE,
    ...more,
  };
  await createEvents(rig.ledger).write(tenant, [
    { kind: 'alert', next: { alert, untilMs, at: NOW - MINUTE }, seen: undefined },
  ]);
}

const names = async (query = '') => {
  const { status, body } = await ask(`GET /api/v2/alerts?${query}`);
  expect(status).toBe(200);
  return (body as { labels: { alertname: string } }[]).map(({ labels }) => labels.alertname);
};
const silence = (matchers: readonly object[], more: object = {}) => ({
  matchers,
  startsAt: iso(NOW - MINUTE),
  endsAt: iso(NOW + 60 * MINUTE),
  createdBy: 'ada',
  comment: 'maintenance',
  ...more,
});
const is = (name: string, value: string, more: object = {}) => ({ name, value, isRegex: false, ...more });

describe('alerts', () => {
  beforeEach(async () => {
    await put('/v1/destinations/ops', { channel: 'webhook', settings: { url: 'https://example.com/x' } });
    await put('/v1/routes/all', { topics: ['alert.*'], destinations: ['ops'] });
    await fire({ alertname: 'DiskFull', job: 'db' });
    await fire({ alertname: 'Slow', job: 'api' });
  });

  test('are listed while they fire, with where they go', async () => {
    await fire({ alertname: 'Ended' }, { status: 'resolved' });
    await fire({ alertname: 'Lapsed' }, { untilMs: NOW });
    const { body } = await ask('GET /api/v2/alerts?filter=job%3D%22db%22');
    expect(body).toEqual([
      {
        labels: { alertname: 'DiskFull', job: 'db' },
        annotations: { summary: 'it is full' },
        fingerprint: 'DiskFull-db',
        startsAt: iso(NOW - MINUTE),
        endsAt: iso(NOW + 4 * MINUTE),
        updatedAt: iso(NOW - MINUTE),
        receivers: [{ name: 'ops' }],
        status: { state: 'active', silencedBy: [], inhibitedBy: [] },
      },
    ]);
    expect(await names()).toEqual(['DiskFull', 'Slow']);
  });

  test.each<[string, string[]]>([
    ['filter=alertname%3DSlow', ['Slow']],
    ['filter=job%3D~%22a.*%7Cdb%22', ['DiskFull', 'Slow']],
    ['filter=job%21%3Ddb&filter=alertname%3D~.%2B', ['Slow']],
    ['filter=job%3Ddb&filter=alertname%3DSlow', []],
    ['active=false', []],
    ['silenced=false&inhibited=false&unprocessed=false&active=true', ['DiskFull', 'Slow']],
    ['receiver=ops', ['DiskFull', 'Slow']],
    ['receiver=o.*', ['DiskFull', 'Slow']],
    ['receiver=op', []],
  ])('are found by %s', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  test('that a silence keeps from everybody are suppressed', async () => {
    const { body } = await ask('POST /api/v2/silences', silence([is('alertname', 'DiskFull')]));
    const { silenceID } = body as { silenceID: string };
    expect((await ask('GET /api/v2/alerts')).body).toMatchObject([
      { status: { state: 'suppressed', silencedBy: [silenceID] } },
      { status: { state: 'active', silencedBy: [] } },
    ]);
    expect(await names('silenced=false')).toEqual(['Slow']);
    expect(await names('active=false')).toEqual(['DiskFull']);
    expect((await ask(`DELETE /api/v2/silence/${silenceID}`)).status).toBe(200);
    expect(await names('silenced=false')).toEqual(['DiskFull', 'Slow']);
  });

  test('are shown in groups as their destinations are told of them', async () => {
    await put('/v1/destinations/dev', { channel: 'webhook', settings: { url: 'https://example.com/y' } });
    const group = { by: ['data.labels.job', 'data.labels.zone'] };
    const grouped = { topics: ['alert.*'], destinations: ['dev'], continue: true, order: 1, group };
    await put('/v1/routes/more', grouped);
    await fire({ alertname: 'Late', job: 'db' });
    await ask('POST /api/v2/silences', silence([is('alertname', 'Slow')]));
    const groups = async (query = '') => {
      const { status, body } = await ask(`GET /api/v2/alerts/groups?${query}`);
      expect(status).toBe(200);
      type Groups = { labels: object; receiver: object; alerts: { labels: { alertname: string } }[] }[];
      return (body as Groups).map(({ alerts, labels, receiver }) => ({
        labels,
        receiver,
        alerts: alerts.map((alert) => alert.labels.alertname),
      }));
    };
    const [dev, ops] = [{ name: 'dev' }, { name: 'ops' }];
    const one = (alertname: string, job: string) => {
      return { labels: { alertname, job }, receiver: ops, alerts: [alertname] };
    };
    const together = { labels: { job: 'db' }, receiver: dev, alerts: ['DiskFull', 'Late'] };
    expect(await groups()).toEqual([
      one('DiskFull', 'db'),
      one('Late', 'db'),
      one('Slow', 'api'),
      { labels: { job: 'api' }, receiver: dev, alerts: ['Slow'] },
      together,
    ]);
    expect(await groups('silenced=false&receiver=dev')).toEqual([together]);
    expect(await groups('filter=alertname%3DLate')).toEqual([
      one('Late', 'db'),
      { ...together, alerts: ['Late'] },
    ]);
    expect((await ask('GET /api/v2/alerts?filter=alertname%3DLate')).body).toMatchObject([
      { receivers: [ops, dev], status: { state: 'active' } },
    ]);
    expect((await ask('GET /api/v2/alerts/groups?active=maybe')).status).toBe(400);
  });

  test('that a silence keeps from some are active', async () => {
    await put('/v1/destinations/dev', { channel: 'webhook', settings: { url: 'https://example.com/y' } });
    await put('/v1/routes/more', { topics: ['alert.*'], destinations: ['dev'], continue: true, order: 1 });
    const own = { topics: ['alert.*'], destinations: ['dev'], endsAt: iso(NOW + MINUTE), reason: 'x' };
    await ask('POST /v1/silences', { ...own, id: 'dev-only' });
    expect((await ask('GET /api/v2/alerts')).body).toMatchObject([
      { status: { state: 'active', silencedBy: ['dev-only'] } },
      { status: { state: 'active' } },
    ]);
    expect(await names('silenced=false')).toEqual(['DiskFull', 'Slow']);
  });

  test('that another keeps back are inhibited, and explain says by which rule', async () => {
    const when = (name: string) => ({ when: `labels.alertname == "${name}"` });
    const rule = { source: when('DiskFull'), target: when('Slow') };
    expect((await put('/v1/inhibitions/disk', { ...rule, equal: ['zone'] })).status).toBe(201);
    expect((await ask('GET /api/v2/alerts')).body).toMatchObject([
      { status: { state: 'active', inhibitedBy: [] } },
      { status: { state: 'suppressed', silencedBy: [], inhibitedBy: ['disk'] } },
    ]);
    expect(await names('inhibited=false')).toEqual(['DiskFull']);
    expect(await names('active=false')).toEqual(['Slow']);
    const event = { topic: 'alert.firing', data: { labels: { alertname: 'Slow' } } };
    expect((await ask('POST /v1/explain', { event })).body).toMatchObject({
      deliveries: [{ destination: 'ops', state: 'discarded', reason: 'inhibited', by: ['disk'] }],
    });
    const elsewhere = { ...event, data: { labels: { alertname: 'Slow', zone: 'b' } } };
    expect((await ask('POST /v1/explain', { event: elsewhere })).body).toMatchObject({
      deliveries: [{ destination: 'ops', state: 'pending' }],
    });
  });

  test('that lead nowhere are listed all the same', async () => {
    await fire({ alertname: 'Lost' }, {});
    await put('/v1/routes/all', { topics: ['other'], destinations: ['ops'] });
    expect(await names()).toContain('Lost');
  });

  test('are their tenant’s', async () => {
    const other = await rig.newKey('somebody-else');
    expect((await rig.ask('GET /api/v2/alerts', { key: other })).body).toEqual([]);
  });
});

describe('silences', () => {
  test('of matchers are made, shown in both words, changed and ended', async () => {
    const matchers = [is('alertname', 'Disk.*', { isRegex: true }), is('env', 'dev', { isEqual: false })];
    const made = await ask('POST /api/v2/silences', silence(matchers));
    const { silenceID: id } = made.body as { silenceID: string };
    expect(made).toMatchObject({ status: 200, body: { silenceID: expect.stringMatching(/^[\w-]{16}$/) } });
    const view = {
      id,
      matchers: [
        { name: 'alertname', value: 'Disk.*', isRegex: true, isEqual: true },
        { name: 'env', value: 'dev', isRegex: false, isEqual: false },
      ],
      startsAt: iso(NOW - MINUTE),
      endsAt: iso(NOW + 60 * MINUTE),
      updatedAt: iso(NOW),
      createdBy: 'ada',
      comment: 'maintenance',
      status: { state: 'active' },
    };
    expect((await ask('GET /api/v2/silences')).body).toEqual([view]);
    expect((await ask(`GET /api/v2/silence/${id}`)).body).toEqual(view);
    expect((await ask(`GET /v1/silences/${id}`)).body).toMatchObject({
      when: '(labels.alertname matches "Disk*") && !(labels.env in ["dev"])',
      reason: 'maintenance',
    });
    const again = await ask('POST /api/v2/silences', silence(matchers, { id, comment: 'longer' }));
    expect(again.body).toEqual({ silenceID: id });
    expect((await ask('GET /api/v2/silences')).body).toMatchObject([{ id, comment: 'longer' }]);
    expect((await ask(`DELETE /api/v2/silence/${id}`)).status).toBe(200);
    expect((await ask('GET /api/v2/silences')).body).toMatchObject([{ id, status: { state: 'expired' } }]);
    // One that has ended stays as it is.
    const anew = await ask('POST /api/v2/silences', silence(matchers, { id }));
    expect(anew.body).not.toEqual({ silenceID: id });
  });

  test('are found by what their matchers say', async () => {
    await ask('POST /api/v2/silences', silence([is('alertname', 'DiskFull')], { comment: 'disk' }));
    await ask('POST /api/v2/silences', silence([is('alertname', 'Slow')], { comment: 'slow' }));
    const { body } = await ask('GET /api/v2/silences?filter=alertname%3DSlow');
    expect(body).toMatchObject([{ comment: 'slow' }]);
  });

  test('that were made in other words show them, and are not changed here', async () => {
    const own = { topics: ['disk.*'], when: 'severity == "info"', reason: 'nightly', id: 'nightly' };
    await ask('POST /v1/silences', { ...own, every: { from: '22:00', to: '06:00', zone: 'Europe/Berlin' } });
    expect((await ask('GET /api/v2/silence/nightly')).body).toMatchObject({
      matchers: [
        { name: 'topics', value: '["disk.*"]' },
        { name: 'when', value: 'severity == "info"' },
      ],
      createdBy: '',
      endsAt: '9999-01-01T00:00:00.000Z',
      status: { state: 'pending' },
    });
    const change = silence([is('a', 'b')], { id: 'nightly' });
    expect((await ask('POST /api/v2/silences', change)).status).toBe(400);
    expect((await ask('DELETE /api/v2/silence/nightly')).status).toBe(200);
  });
});

test('receivers are the destinations', async () => {
  await put('/v1/destinations/ops', { channel: 'webhook', settings: { url: 'https://example.com/x' } });
  expect((await ask('GET /api/v2/receivers')).body).toEqual([{ name: 'ops' }]);
});

test('status tells the version of the interface', async () => {
  expect((await ask('GET /api/v2/status')).body).toMatchObject({
    cluster: { status: 'disabled' },
    versionInfo: { version: '0.25.0' },
    uptime: iso(NOW),
  });
});

const good = silence([is('a', 'b')]);

test.each<[string, string, unknown, Ask, number]>([
  ['no body', 'POST /api/v2/silences', undefined, {}, 400],
  ['broken JSON', 'POST /api/v2/silences', undefined, { raw: '{' }, 400],
  ['an array', 'POST /api/v2/silences', [], {}, 400],
  ['no matchers', 'POST /api/v2/silences', silence([]), {}, 400],
  ['65 matchers', 'POST /api/v2/silences', silence(Array.from({ length: 65 }, () => is('a', 'b'))), {}, 400],
  ['a matcher without a name', 'POST /api/v2/silences', silence([{ value: 'b', isRegex: false }]), {}, 400],
  ['a label with a dot', 'POST /api/v2/silences', silence([is('a.b', 'c')]), {}, 400],
  ['a long value', 'POST /api/v2/silences', silence([is('a', 'b'.repeat(1_025))]), {}, 400],
  [
    'values too long together',
    'POST /api/v2/silences',
    silence(Array.from({ length: 9 }, () => is('a', 'b'.repeat(1_000)))),
    {},
    400,
  ],
  ['what fits everything', 'POST /api/v2/silences', silence([is('a', '')]), {}, 400],
  [
    'what fits everything by an expression',
    'POST /api/v2/silences',
    silence([is('a', '.*', { isRegex: true })]),
    {},
    400,
  ],
  [
    'an expression that backtracks',
    'POST /api/v2/silences',
    silence([is('a', '(a+)+$', { isRegex: true })]),
    {},
    400,
  ],
  [
    'an expression of many alternatives',
    'POST /api/v2/silences',
    silence([is('a', '(a|b)'.repeat(20), { isRegex: true })]),
    {},
    400,
  ],
  ['no comment', 'POST /api/v2/silences', silence([is('a', 'b')], { comment: '' }), {}, 400],
  [
    'an author of 101 characters',
    'POST /api/v2/silences',
    silence([is('a', 'b')], { createdBy: 'a'.repeat(101) }),
    {},
    400,
  ],
  ['a time that is none', 'POST /api/v2/silences', silence([is('a', 'b')], { endsAt: 'later' }), {}, 400],
  [
    'an end that has passed',
    'POST /api/v2/silences',
    silence([is('a', 'b')], { endsAt: iso(NOW - 1) }),
    {},
    400,
  ],
  [
    'an end in two years',
    'POST /api/v2/silences',
    silence([is('a', 'b')], { endsAt: iso(NOW + 800 * 86_400_000) }),
    {},
    400,
  ],
  ['an id that nobody knows', 'POST /api/v2/silences', silence([is('a', 'b')], { id: 'none' }), {}, 404],
  ['no key', 'POST /api/v2/silences', good, { key: '' }, 401],
  ['an unknown silence', 'GET /api/v2/silence/none', undefined, {}, 404],
  ['the end of an unknown silence', 'DELETE /api/v2/silence/none', undefined, {}, 404],
  ['a filter that is none', 'GET /api/v2/alerts?filter=alertname', undefined, {}, 400],
  ['a filter that backtracks', 'GET /api/v2/alerts?filter=a%3D~(a%2B)%2B', undefined, {}, 400],
  ['filters without end', `GET /api/v2/alerts?filter=a%3D${'b'.repeat(4_090)}`, undefined, {}, 400],
  ['a receiver that cannot be read', 'GET /api/v2/alerts?receiver=%5B', undefined, {}, 400],
  ['a flag that is none', 'GET /api/v2/alerts?active=1', undefined, {}, 400],
  ['a filter of silences that is none', 'GET /api/v2/silences?filter=%3D', undefined, {}, 400],
  ['no key on alerts', 'GET /api/v2/alerts', undefined, { key: '' }, 401],
])('%s is refused, in words that amtool can print', async (_, line, body, more, expected) => {
  const { status, headers, body: words } = await ask(line, body, more);
  expect([status, headers?.['content-type'], typeof words]).toEqual([expected, 'application/json', 'string']);
  expect(JSON.parse(words as string)).toMatch(/^\w.+: ?/);
  expect((await ask('GET /api/v2/silences')).body).toEqual([]);
});

test.each(['active=true&active=false', 'limit=1'])('the query %s is refused', async (query) => {
  expect((await ask(`GET /api/v2/alerts?${query}`)).status).toBe(400);
});

const rule = { source: { topics: ['a'] }, target: { topics: ['b'] } };
const wild = { match: { data: { x: [{ wildcard: '*a*' }] } } };

test.each<[string, object]>([
  ['no source', { target: rule.target }],
  ['no target', { source: rule.source }],
  ['a source that says nothing', { ...rule, source: {} }],
  ['a target that says nothing', { ...rule, target: {} }],
  ['an expression that cannot be read', { ...rule, source: { when: 'labels.a =' } }],
  ['a pattern that is none', { ...rule, target: { match: { data: 'x' } } }],
  ['destinations', { ...rule, target: { topics: ['b'], destinations: ['ops'] } }],
  ['no labels in common', { ...rule, equal: [] }],
  ['an empty label in common', { ...rule, equal: [''] }],
  ['21 labels in common', { ...rule, equal: Array.from({ length: 21 }, (_, n) => `l${n}`) }],
  ['another member', { ...rule, equals: ['a'] }],
])('an inhibition with %s is refused', async (_, body) => {
  expect(await verdict(put('/v1/inhibitions/bad', body))).toBe('422 validation');
});

test('inhibitions hold at most 100 tests of data that are no exact values', async () => {
  const many = (length: number) => ({
    match: { data: { x: Array.from({ length }, (_, n) => ({ prefix: `p${n}` })) } },
  });
  expect((await put('/v1/inhibitions/one', { source: many(50), target: many(49) })).status).toBe(201);
  expect((await put('/v1/inhibitions/two', { ...rule, source: wild })).status).toBe(201);
  const refused = await put('/v1/inhibitions/three', { ...rule, target: wild });
  expect(refused).toMatchObject({ status: 422, body: { errors: [{ code: 'quota' }] } });
});

test('an expression that cannot be read is answered with what can be written', async () => {
  const { body } = await ask('POST /api/v2/silences', silence([is('pod', '[ab].*', { isRegex: true })]));
  expect(body).toContain(
    '/matchers/0: pod: the expression cannot be read at \\"[ab].*\\"; what can be written is',
  );
});

test('reading and managing take their scopes', async () => {
  const reader = await rig.newKey(tenant, ['read']);
  const sender = await rig.newKey(tenant, ['send']);
  expect((await rig.ask('GET /api/v2/alerts', { key: sender })).status).toBe(403);
  expect((await rig.ask('GET /api/v2/alerts', { key: reader })).status).toBe(200);
  expect((await rig.ask('POST /api/v2/silences', { key: reader, body: good })).status).toBe(403);
  expect((await rig.ask('DELETE /api/v2/silence/x', { key: reader })).status).toBe(403);
});
