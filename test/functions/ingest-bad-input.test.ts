import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROBLEMS, type ProblemSlug } from '../../lib/core/problem.ts';
import { fixture } from '../fixtures/alerts.ts';
import { type Ask, HOOK_ID, type Ingest, startIngest } from './local-ingest.ts';

/*
 * Bad input and its answers: one row per case, as the API documents them. Not here, because this function
 * never sees them: keys of another tenant's path (the tenant comes from the credential alone), headers
 * beyond 10,240 bytes (the gateway answers 431).
 */

let ingest: Ingest;
let readOnlyKey: string;
let revokedKey: string;
beforeAll(async () => {
  ingest = await startIngest();
  readOnlyKey = await ingest.newKey(['read']);
  revokedKey = await ingest.newKey(['send'], { revoked: true });
});
afterAll(() => ingest.stop());

const event = (more: object = {}, data = '{}') =>
  `${JSON.stringify({ topic: 'a', ...more }).slice(0, -1)},"data":${data}}`;
const firing = JSON.parse(fixture('alertmanager-firing-1'));
const alerts = (more: object, alert: object = {}, count = 1) =>
  JSON.stringify({
    ...firing,
    alerts: Array.from({ length: count }, () => ({ ...firing.alerts[0], ...alert })),
    ...more,
  });
const members = (count: number) => Array.from({ length: count }, (_, index) => `"k${index}":0`).join(',');
const at = (offsetMs: number) => ({ time: new Date(Date.now() + offsetMs).toISOString() });
const DAY = 86_400_000;

/** Of generated bodies; `FANFARE_FUZZ=100000` for as many as the goal asks. */
const RUNS = Number(process.env['FANFARE_FUZZ'] ?? 1_000);

type Row = readonly [row: number, name: string, ask: Ask, expected: 202 | 207 | ProblemSlug];

const EVENTS: readonly Row[] = [
  [1, 'no API key', { headers: { Authorization: '' }, body: event() }, 'unauthorized'],
  [1, 'a blank API key', { key: ' ', body: event() }, 'unauthorized'],
  [
    1,
    'an unknown API key',
    { key: `fan_local_${'0'.repeat(12)}_${'A'.repeat(43)}`, body: event() },
    'unauthorized',
  ],
  [5, 'no content type', { headers: { 'Content-Type': '' }, body: event() }, 'unsupported-media-type'],
  [5, 'text/plain', { headers: { 'Content-Type': 'text/plain' }, body: event() }, 'unsupported-media-type'],
  [
    5,
    'multipart',
    { headers: { 'Content-Type': 'multipart/form-data; boundary=x' }, body: event() },
    'unsupported-media-type',
  ],
  [
    6,
    'utf-16',
    { headers: { 'Content-Type': 'application/json; charset=utf-16' }, body: event() },
    'unsupported-media-type',
  ],
  [
    7,
    'a space before the charset',
    { headers: { 'Content-Type': 'application/json ; charset=utf-8' }, body: event() },
    202,
  ],
  [7, 'upper case', { headers: { 'Content-Type': 'APPLICATION/JSON; CHARSET=UTF-8' }, body: event() }, 202],
  [7, '+json', { headers: { 'Content-Type': 'application/vnd.acme+json' }, body: event() }, 202],
  [8, 'gzip', { headers: { 'Content-Encoding': 'gzip' }, body: event() }, 'unsupported-encoding'],
  [8, 'br', { headers: { 'Content-Encoding': 'br' }, body: event() }, 'unsupported-encoding'],
  [9, 'an empty body', { body: '' }, 'malformed-json'],
  [9, 'no body', { body: undefined }, 'malformed-json'],
  [10, 'truncated JSON', { body: event().slice(0, -1) }, 'malformed-json'],
  [10, 'NaN', { body: event({}, '{"a":NaN}') }, 'malformed-json'],
  [10, 'a trailing comma', { body: event({}, '{"a":1,}') }, 'malformed-json'],
  [10, 'a comment', { body: `${event()} // end` }, 'malformed-json'],
  [11, 'a byte order mark', { body: `\uFEFF${event()}` }, 'malformed-json'],
  [
    12,
    'invalid UTF-8',
    { body: Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]) },
    'malformed-json',
  ],
  [13, 'a scalar', { body: '"event"' }, 'validation'],
  [13, 'null', { body: 'null' }, 'validation'],
  [13, 'an array of one', { body: `[${event()}]` }, 202],
  [14, 'depth 33', { body: event({}, `${'{"a":'.repeat(32)}1${'}'.repeat(32)}`) }, 'too-deep'],
  [
    14,
    'depth 100,000',
    { body: event({}, `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`) },
    'too-deep',
  ],
  [15, '1,001 keys', { body: event({}, `{${members(1_001)}}`) }, 'too-many-items'],
  [15, 'an array of 10,001', { body: event({}, `{"a":[${'0,'.repeat(10_000)}0]}`) }, 'too-many-items'],
  [
    16,
    'a body beyond 1 MiB',
    { body: `[${event({}, `{"a":"${'x'.repeat(1_048_576)}"}`)}]` },
    'payload-too-large',
  ],
  [17, 'an event beyond 256 KiB', { body: event({}, `{"a":"${'x'.repeat(262_144)}"}`) }, 'payload-too-large'],
  [18, 'an empty array', { body: '[]' }, 'validation'],
  [
    18,
    'an array of 501',
    { body: `[${Array.from({ length: 501 }, () => event()).join(',')}]` },
    'validation',
  ],
  [19, 'an array with one bad item', { body: `[${event()},${event({ topic: '' })}]` }, 207],
  [21, '__proto__', { body: event({}, '{"a":{"__proto__":{}}}') }, 'forbidden-key'],
  [21, 'constructor.prototype', { body: event({}, '{"constructor":{"prototype":{}}}') }, 'forbidden-key'],
  [22, 'a key twice', { body: event({}, '{"a":1,"a":2}') }, 'duplicate-key'],
  [23, '1e400', { body: event({}, '{"a":1e400}') }, 'number-range'],
  [23, 'a million digits', { body: event({}, `{"a":${'9'.repeat(1_000_000)}}`) }, 'number-range'],
  [23, 'an integer beyond 2^53', { body: event({}, '{"a":9007199254740993}') }, 'number-range'],
  [24, 'half a surrogate pair', { body: event({}, String.raw`{"a":"\ud83d"}`) }, 'invalid-character'],
  [24, 'U+FFFE', { body: event({}, '{"a":"\uFFFE"}') }, 'invalid-character'],
  [24, 'U+FFFF', { body: event({}, String.raw`{"a":"\uffff"}`) }, 'invalid-character'],
  [24, 'NUL', { body: event({}, String.raw`{"a":"\u0000"}`) }, 'invalid-character'],
  ...['', 'a..b', 'a b', 'x'.repeat(129), 'é', `${'a.'.repeat(50_000)}!`].map((topic): Row => [
    25,
    `topic ${topic.slice(0, 8)}`,
    { body: event({ topic }) },
    'validation',
  ]),
  ...['a.b', 'a/b', 'a#b', 'a\nb', 'x'.repeat(129), ''].map((id): Row => [
    26,
    `id ${JSON.stringify(id).slice(0, 8)}`,
    { body: event({ id }) },
    'validation',
  ]),
  [27, 'a time that is none', { body: event({ time: '21.11.2026' }) }, 'validation'],
  [27, 'the year 9999', { body: event({ time: '9999-12-31T00:00:00Z' }) }, 'validation'],
  [27, 'a time ahead', { body: event(at(6 * 60_000)) }, 'validation'],
  [27, 'a time long ago', { body: event(at(-8 * DAY)) }, 'validation'],
  [27, 'a time of last week', { body: event(at(-6 * DAY)) }, 202],
  ...['', ' ', 'x'.repeat(256), 'schlüssel', 'a, b', 'a\tb'].map((key): Row => [
    28,
    `key ${key.slice(0, 9)}`,
    { headers: { 'Idempotency-Key': key }, body: event() },
    'invalid-idempotency-key',
  ]),
  [32, 'an unknown member', { body: event({ tenant: 'other' }) }, 'validation'],
  [32, 'any member inside of data', { body: event({}, '{"tenant":"other"}') }, 202],
  [33, 'destinations of its own', { body: event({ to: ['ops'] }) }, 'validation'],
  [33, 'a topic without a route', { body: event({ topic: 'nobody.listens' }) }, 202],
  [36, 'another method', { method: 'PUT', body: event() }, 'method-not-allowed'],
  [37, 'an unknown path', { path: '/v1/nothing', body: event() }, 'not-found'],
  ...['//v1/events', '/v1/%2e%2e/v1/events', '/v1/events/', '/v1/events;x', '/V1/EVENTS'].map((path): Row => [
    38,
    `the path ${path}`,
    { path, body: event() },
    'not-found',
  ]),
  [
    39,
    'spoofed headers',
    { headers: { 'X-Forwarded-For': '10.0.0.1', 'X-Amzn-Tenant': 'other', Host: 'evil' }, body: event() },
    202,
  ],
  [40, 'a query', { query: 'tenant=a&tenant=b', body: event() }, 'unknown-parameter'],
];

const hook = (body: string | Uint8Array): Ask => ({ path: '/v1/hooks/alertmanager', body });

const ALERTS: readonly Row[] = [
  [41, 'version 3', hook(alerts({ version: '3' })), 'validation'],
  [41, 'no alerts', hook(alerts({ alerts: [] })), 'validation'],
  [41, '1,001 alerts', hook(alerts({}, { annotations: {} }, 1_001)), 'validation'],
  [
    42,
    '65 labels',
    hook(alerts({}, { labels: JSON.parse(`{"alertname":"A",${members(64)}}`.replaceAll(':0', ':"0"')) })),
    'validation',
  ],
  [42, 'a long label', hook(alerts({}, { labels: { alertname: 'A'.repeat(1_025) } })), 'validation'],
  [42, 'a label that is no text', hook(alerts({}, { labels: { alertname: 'A', x: 1 } })), 'validation'],
  [
    42,
    'a label that is not UTF-8',
    hook(Buffer.from(alerts({}, { labels: { alertname: '\u00c3(' } }), 'latin1')),
    'malformed-json',
  ],
  [43, 'an end before the beginning', hook(alerts({}, { endsAt: '2020-01-01T00:00:00Z' })), 'validation'],
  [43, 'another status', hook(alerts({}, { status: 'pending' })), 'validation'],
  [59, 'an unknown source', { path: '/v1/hooks/nagios', body: alerts({}) }, 'not-found'],
  [
    59,
    'an unknown hook',
    { path: `/v1/hooks/alertmanager/${'x'.repeat(30)}`, body: alerts({}) },
    'not-found',
  ],
  [
    59,
    'a hook of another source',
    { path: `/v1/hooks/prometheus/${HOOK_ID}`, body: alerts({}) },
    'not-found',
  ],
  [1, 'no key on the alert route', { ...hook(alerts({})), headers: { Authorization: '' } }, 'unauthorized'],
  [16, 'a payload beyond 1 MiB', hook(alerts({ x: 'x'.repeat(1_048_576) })), 'payload-too-large'],
  [40, 'a query, which alert routes ignore', { ...hook(alerts({})), query: 'a=1' }, 202],
];

describe('POST /v1/events', () => {
  test.each(EVENTS)('row %i: %s', async (_, __, ask, expected) => {
    expect(await ingest.ask(ask)).toMatchObject(answer(expected));
  });

  test('row 1: the three ways to have no key are answered alike', async () => {
    const keys = ['', 'x', `fan_local_${'0'.repeat(12)}_${'A'.repeat(43)}`, `${ingest.key.slice(0, -1)}0`];
    const answers = await Promise.all(keys.map((key) => ingest.ask({ key, body: event() })));
    expect(new Set(answers.map(({ status, body }) => `${status} ${JSON.stringify(body)}`)).size).toBe(1);
  });

  test('rows 2 and 4: a revoked key, and one without the scope', async () => {
    expect(await ingest.ask({ key: revokedKey, body: event() })).toMatchObject(answer('unauthorized'));
    expect(await ingest.ask({ key: readOnlyKey, body: event() })).toMatchObject(answer('forbidden'));
  });

  test('rows 29 and 31: an idempotency key with another body, and with the same', async () => {
    const headers = { 'Idempotency-Key': 'row-29' };
    const first = await ingest.ask({ headers, body: event() });
    expect(await ingest.ask({ headers, body: event({}, '{"a":1}') })).toMatchObject(
      answer('idempotency-mismatch'),
    );
    const again = await ingest.ask({ headers, body: event() });
    expect([again.status, again.body.id]).toEqual([202, first.body.id]);
    expect(again.headers['idempotent-replayed']).toBe('true');
  });

  test('row 30: the same key at the same time is the same event, because nothing is locked', async () => {
    const ask = { headers: { 'Idempotency-Key': 'row-30' }, body: event() };
    const [one, other] = await Promise.all([ingest.ask(ask), ingest.ask(ask)]);
    expect([one.status, other.status, other.body.id]).toEqual([202, 202, one.body.id]);
  });

  test('row 30: the same key at the same time with other content is taken once', async () => {
    const headers = { 'Idempotency-Key': 'row-30-other' };
    const answers = await Promise.all(
      ['{"a":1}', '{"a":2}', '{"a":3}'].map((data) => ingest.ask({ headers, body: event({}, data) })),
    );
    const [taken, ...refused] = answers.toSorted((a, b) => a.status - b.status);
    expect(taken?.status).toBe(202);
    expect(refused).toMatchObject([answer('idempotency-mismatch'), answer('idempotency-mismatch')]);
  });

  test('row 36: another method is told the right ones', async () => {
    const { headers } = await ingest.ask({ method: 'DELETE', body: event() });
    expect(headers['allow']).toBe('OPTIONS, POST');
  });

  test('row 20: the second of two equal ids is a duplicate', async () => {
    const body = `[${event({ id: 'row-20' })},${event({ id: 'row-20' })}]`;
    expect(await ingest.ask({ body })).toMatchObject(answer(202, { accepted: 2, duplicates: 1 }));
  });

  test('row 34: beyond the quota of the key', async () => {
    const key = await ingest.newKey(['send'], { tenant: 'quick', eventsPerSecond: 1 });
    const ask = { key, body: `[${event()},${event()},${event()}]` };
    expect(await ingest.ask(ask)).toMatchObject(answer(202, { accepted: 3 }));
    const refused = await ingest.ask(ask);
    expect(refused).toMatchObject(answer('rate-limited'));
    expect(refused.headers).toMatchObject({
      'retry-after': expect.stringMatching(/^[1-4]$/),
      'ratelimit-limit': '1',
      'ratelimit-remaining': '0',
      'ratelimit-reset': expect.stringMatching(/^[1-4]$/),
    });
    expect(await ingest.ask({ key, ...hook(alerts({}, {}, 10)) })).toMatchObject(answer(202));
  });

  test('row 29: an id with another body', async () => {
    await ingest.ask({ body: event({ id: 'row-29' }) });
    expect(await ingest.ask({ body: event({ id: 'row-29' }, '{"a":1}') })).toMatchObject(
      answer('idempotency-mismatch'),
    );
  });
});

describe('alert routes', () => {
  test.each(ALERTS)('row %i: %s', async (_, __, ask, expected) => {
    expect(await ingest.ask(ask)).toMatchObject(answer(expected));
  });

  test('row 44: an end without a beginning is taken, and not told', async () => {
    await ingest.drain();
    const end = { status: 'resolved', fingerprint: 'row-44', endsAt: '2026-11-02T10:00:00Z' };
    expect(await ingest.ask(hook(alerts({ status: 'resolved' }, end)))).toMatchObject(
      answer(202, { alerts: [{ ignored: 'neverFiring' }] }),
    );
    expect(await ingest.drain()).toEqual([]);
  });

  test('row 45: the same group twice is one alert', async () => {
    await ingest.drain();
    const body = alerts({}, { fingerprint: 'row-45' });
    expect(await ingest.ask(hook(body))).toMatchObject(answer(202, { alerts: [{ duplicate: false }] }));
    expect(await ingest.ask(hook(body))).toMatchObject(answer(202, { alerts: [{ duplicate: true }] }));
    expect(await ingest.drain()).toHaveLength(1);
  });

  test('row 46: markup in annotations stays text', async () => {
    await ingest.drain();
    const summary = '{{ .Labels }} <!channel> <b>';
    expect(
      await ingest.ask(hook(alerts({}, { fingerprint: 'row-46', annotations: { summary } }))),
    ).toMatchObject(answer(202));
    expect(await ingest.drain()).toMatchObject([{ data: { text: summary } }]);
  });
});

test(
  'whatever the body is, the answer is a success or a problem of the caller',
  async () => {
    const json = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' });
    const like = fc.record(
      {
        id: fc.oneof(fc.stringMatching(/^[\w-]{1,8}$/), json),
        topic: fc.oneof(fc.constantFrom('a', 'a.b'), json),
        severity: fc.oneof(fc.constantFrom('critical', 'info'), json),
        time: fc.oneof(
          fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
          json,
        ),
        data: fc.oneof(fc.dictionary(fc.string({ unit: 'binary' }), json), json),
        alertname: json,
        labels: fc.oneof(fc.dictionary(fc.string(), fc.string()), json),
        status: fc.oneof(fc.constantFrom('firing', 'resolved'), json),
        startsAt: json,
        specversion: fc.oneof(fc.constant('1.0'), json),
        source: json,
        type: fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), json),
      },
      { requiredKeys: [] },
    );
    const bodies = fc.oneof(
      fc.oneof(like, fc.array(like, { maxLength: 4 }), json).map((value) => JSON.stringify(value)),
      fc
        .oneof(like, json)
        .map((value) => JSON.stringify({ version: '4', status: 'firing', groupKey: 'g', alerts: [value] })),
      fc.uint8Array({ maxLength: 40 }),
    );
    const paths = fc.constantFrom(
      '/v1/events',
      '/webhook',
      '/v1/hooks/alertmanager',
      '/v1/hooks/prometheus',
      '/v1/hooks/generic',
    );
    const types = fc.constantFrom(
      'application/json',
      'application/cloudevents+json',
      'application/cloudevents-batch+json',
    );
    const extras = fc.constantFrom<Record<string, string>[]>(
      {},
      { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': 's', 'ce-type': 't' },
    );
    await fc.assert(
      fc.asyncProperty(paths, types, extras, bodies, async (path, type, extra, body) => {
        const got = await ingest.ask({ path, body, headers: { ...extra, 'Content-Type': type } });
        expect(got.status).toBeOneOf([202, 207, 400, 404, 413, 415, 422]);
        expect([got]).toMatchObject(
          [got].map(({ status }) => (status < 400 ? { status } : someProblem(status))),
        );
      }),
      { numRuns: RUNS },
    );
  },
  RUNS * 60,
);

/** A success of this status, or a problem document (RFC 9457). */
function answer(expected: 202 | 207 | ProblemSlug, body: object = {}): object {
  if (typeof expected === 'number') return { status: expected, body };
  return someProblem(PROBLEMS[expected].status, `/problems/${expected}`);
}

function someProblem(status: number, type: unknown = expect.any(String)): object {
  const headers = { 'content-type': 'application/problem+json' };
  return {
    status,
    headers,
    body: { type, title: expect.any(String) as unknown, status, instance: 'lambda-1' },
  };
}
