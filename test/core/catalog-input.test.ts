import { describe, expect, test } from 'vitest';
import { diffCatalog } from '../../lib/core/catalog-diff.ts';
import { type CatalogEntry, etagOf } from '../../lib/core/catalog-entry.ts';
import { parseCatalogInput, parseEntryInput } from '../../lib/core/catalog-input.ts';

const slack = { channel: 'slack', settings: { webhookUrl: { secret: 'slack/ops' } } };

function issuesOf(value: unknown): [string, string][] {
  const parsed = parseCatalogInput(value);
  return parsed.ok ? [] : parsed.issues.map(({ pointer, code }) => [pointer, code]);
}

const within = (id: string, ...routes: object[]) => ({ id, destinations: ['x'], routes });

describe('catalog input', () => {
  test('an entry is completed with its defaults', () => {
    const parsed = parseEntryInput('destination', 'ops', { ...slack, id: 'ops' });
    expect(parsed).toMatchObject({ ok: true, value: { id: 'ops', body: { ...slack, enabled: true } } });
  });

  test('a route without order takes its place in the list', () => {
    const routes = [
      { id: 'a', destinations: ['x'] },
      { id: 'b', order: 7, destinations: ['x'] },
      { id: 'c', destinations: ['x'] },
    ];
    const parsed = parseCatalogInput({ routes });
    expect(parsed.ok && parsed.value.map(({ body }) => 'order' in body && body.order)).toEqual([1, 7, 3]);
  });

  test('what the API shows may be sent back as it is', () => {
    const hook = { id: 'prom', source: 'alertmanager', path: '/v1/hooks/alertmanager/abc' };
    expect(parseEntryInput('hook', 'prom', hook)).toMatchObject({
      ok: true,
      value: { body: { source: 'alertmanager' } },
    });
  });

  test.each<[string, unknown, [string, string][]]>([
    ['no object', [], [['', 'invalid']]],
    ['a list that does not exist', { route: [] }, [['/route', 'unknown']]],
    ['a list that is none', { routes: {} }, [['/routes', 'invalid']]],
    ['no id', { hooks: [{ source: 's' }] }, [['/hooks/0/id', 'invalid']]],
    ['an id in capitals', { hooks: [{ id: 'A', source: 's' }] }, [['/hooks/0/id', 'invalid']]],
    [
      'an id twice',
      {
        hooks: [
          { id: 'a', source: 's' },
          { id: 'a', source: 's' },
        ],
      },
      [['/hooks/1/id', 'invalid']],
    ],
    [
      'a misspelt member',
      { destinations: [{ id: 'a', ...slack, chanel: 'x' }] },
      [['/destinations/0/chanel', 'unknown']],
    ],
    ['a topic without patterns', { topics: [{ id: 'a' }] }, [['/topics/0/topics', 'required']]],
    [
      'a pattern that is none',
      { topics: [{ id: 'a', topics: ['a.*.b'] }] },
      [['/topics/0/topics/0', 'invalid']],
    ],
    [
      'a mode that does not exist',
      { topics: [{ id: 'a', topics: ['*'], mode: 'exactlyOnce' }] },
      [['/topics/0/mode', 'oneOf']],
    ],
    [
      'a mode that cannot do without claims',
      { topics: [{ id: 'a', topics: ['*'], mode: 'atMostOnce', claims: 'off' }] },
      [['/topics/0/claims', 'invalid']],
    ],
    [
      'a policy that does not exist',
      { destinations: [{ id: 'a', ...slack, maybe: 'retry' }] },
      [['/destinations/0/maybe', 'oneOf']],
    ],
    [
      'a time to hold without holding',
      { destinations: [{ id: 'a', ...slack, holdMs: 60_000 }] },
      [['/destinations/0/holdMs', 'invalid']],
    ],
    [
      'a time to hold that outlives the delivery',
      { destinations: [{ id: 'a', ...slack, maybe: 'hold', holdMs: 259_200_001 }] },
      [['/destinations/0/holdMs', 'tooLong']],
    ],
    [
      'waits that are shorter than a second, and longer than a day',
      { destinations: [{ id: 'a', ...slack, retryMs: [1_000, 999, 86_400_001] }] },
      [
        ['/destinations/0/retryMs/1', 'tooShort'],
        ['/destinations/0/retryMs/2', 'tooLong'],
      ],
    ],
    [
      'more waits than anybody has patience for',
      { destinations: [{ id: 'a', ...slack, retryMs: Array.from({ length: 21 }, () => 1_000) }] },
      [['/destinations/0/retryMs', 'tooLong']],
    ],
    [
      'waits that outlive the delivery',
      { destinations: [{ id: 'a', ...slack, retryMs: [86_400_000, 86_400_000, 86_400_000, 14_400_001] }] },
      [['/destinations/0/retryMs', 'invalid']],
    ],
    [
      'no settings',
      { destinations: [{ id: 'a', channel: 'slack' }] },
      [['/destinations/0/settings', 'required']],
    ],
    [
      'a rate of 0',
      { destinations: [{ id: 'a', ...slack, rate: { limit: 0, perMs: 1 } }] },
      [['/destinations/0/rate/limit', 'tooShort']],
    ],
    [
      'a rate above 1,000 a second',
      { destinations: [{ id: 'a', ...slack, rate: { limit: 1_001, perMs: 1_000 } }] },
      [['/destinations/0/rate', 'invalid']],
    ],
    [
      'a fraction as rate',
      { destinations: [{ id: 'a', ...slack, rate: { limit: 1.5, perMs: 1_000 } }] },
      [['/destinations/0/rate/limit', 'type']],
    ],
    [
      'a cap of nothing, and of a year',
      { destinations: [{ id: 'a', ...slack, cap: { max: 0, perMs: 31_536_000_000 } }] },
      [
        ['/destinations/0/cap/max', 'tooShort'],
        ['/destinations/0/cap/perMs', 'tooLong'],
      ],
    ],
    [
      'a key of duplicates without their time, or a time that is none',
      {
        topics: [
          { id: 'a', topics: ['a'], dedupeBy: 'subject' },
          { id: 'b', topics: ['b'], dedupeMs: 0.5, dedupeBy: 'nothing' },
        ],
      },
      [
        ['/topics/0/dedupeBy', 'invalid'],
        ['/topics/1/dedupeMs', 'type'],
        ['/topics/1/dedupeBy', 'invalid'],
      ],
    ],
    [
      'retentions that are too short, too long, and none',
      {
        topics: [29, 401, 30.5, '90'].map((retentionDays, n) => ({
          id: `t${n}`,
          topics: [`t${n}`],
          retentionDays,
        })),
      },
      [
        ['/topics/0/retentionDays', 'tooShort'],
        ['/topics/1/retentionDays', 'tooLong'],
        ['/topics/2/retentionDays', 'type'],
        ['/topics/3/retentionDays', 'type'],
      ],
    ],
    [
      'a lane that is none, and priorities of nothing, of no severity, and of no such worth',
      {
        topics: [
          { id: 'a', topics: ['a'], lane: 'fast', priorities: {} },
          { id: 'b', topics: ['b'], priorities: { fatal: 'high', info: 'none' } },
        ],
      },
      [
        ['/topics/0/lane', 'oneOf'],
        ['/topics/0/priorities', 'invalid'],
        ['/topics/1/priorities/info', 'oneOf'],
        ['/topics/1/priorities/fatal', 'unknown'],
      ],
    ],
    [
      'mute windows that are none',
      {
        routes: [
          { id: 'a', destinations: ['a'], mute: [{ zone: 'Mars' }, { from: '22:00' }] },
          { id: 'b', destinations: ['a'], mute: [] },
        ],
      },
      [
        ['/routes/0/mute/0/zone', 'invalid'],
        ['/routes/0/mute/1/zone', 'required'],
        ['/routes/1/mute', 'tooShort'],
      ],
    ],
    [
      'a breaker that opens at the first failure',
      { destinations: [{ id: 'a', ...slack, breaker: { sends: 1, failShare: 0, openMs: 1 } }] },
      [
        ['/destinations/0/breaker/sends', 'tooShort'],
        ['/destinations/0/breaker/failShare', 'tooShort'],
        ['/destinations/0/breaker/openMs', 'tooShort'],
      ],
    ],
    [
      'a breaker with a member it does not have',
      { destinations: [{ id: 'a', ...slack, breaker: { failures: 3 } }] },
      [['/destinations/0/breaker/failures', 'unknown']],
    ],
    [
      'a group that repeats sooner than it may tell',
      {
        routes: [{ id: 'a', destinations: ['x'], group: { by: [], intervalMs: 600_000, repeatMs: 60_000 } }],
      },
      [['/routes/0/group/repeatMs', 'invalid']],
    ],
    [
      'a group by what no event has',
      { routes: [{ id: 'a', destinations: ['x'], group: { by: ['labels.cluster'] } }] },
      [['/routes/0/group/by/0', 'invalid']],
    ],
    [
      'a digest without a time, and one with two',
      {
        routes: [
          { id: 'a', destinations: ['x'], digest: { maxCount: 10 } },
          { id: 'b', destinations: ['x'], digest: { everyMs: 60_000, at: { time: '08:00', zone: 'UTC' } } },
        ],
      },
      [
        ['/routes/0/digest', 'invalid'],
        ['/routes/1/digest', 'invalid'],
      ],
    ],
    [
      'a digest at no time of day, in no zone',
      { routes: [{ id: 'a', destinations: ['x'], digest: { at: { time: '24:00', zone: 'Mars' } } }] },
      [
        ['/routes/0/digest/at/time', 'format'],
        ['/routes/0/digest/at/zone', 'invalid'],
      ],
    ],
    [
      'a group and a digest in one route, also within a route',
      {
        routes: [
          {
            id: 'a',
            destinations: ['x'],
            routes: [{ id: 'b', group: { by: [] }, digest: { everyMs: 60_000 } }],
          },
        ],
      },
      [['/routes/0/routes/0/digest', 'invalid']],
    ],
    [
      'a merge that is no answer',
      { destinations: [{ id: 'a', ...slack, merge: 'always' }] },
      [['/destinations/0/merge', 'type']],
    ],
    [
      'quiet hours that never end',
      { destinations: [{ id: 'a', ...slack, quietHours: { from: '00:00', to: '24:00', zone: 'UTC' } }] },
      [['/destinations/0/quietHours/to', 'invalid']],
    ],
    [
      'quiet hours of no length, with an exception that is none',
      {
        destinations: [
          { id: 'a', ...slack, quietHours: { from: '08:00', to: '08:00', zone: 'UTC', except: 'bad' } },
          { id: 'b', ...slack, quietHours: { from: '08:00', to: '08:00', zone: 'Mars' } },
        ],
      },
      [
        ['/destinations/0/quietHours/except', 'oneOf'],
        ['/destinations/1/quietHours/to', 'invalid'],
        ['/destinations/1/quietHours/zone', 'invalid'],
      ],
    ],
    [
      'a key of a topic that is not ordered',
      { topics: [{ id: 'a', topics: ['*'], orderingKey: 'subject', onDead: 'stop' }] },
      [
        ['/topics/0/orderingKey', 'invalid'],
        ['/topics/0/onDead', 'invalid'],
      ],
    ],
    [
      'an ordered topic without claims',
      { topics: [{ id: 'a', topics: ['*'], ordered: true, claims: 'off' }] },
      [['/topics/0/claims', 'invalid']],
    ],
    [
      'partitions without a key',
      { topics: [{ id: 'a', topics: ['*'], ordered: true, partitions: 3 }] },
      [['/topics/0/partitions', 'invalid']],
    ],
    [
      'an ordering key that leads nowhere',
      { topics: [{ id: 'a', topics: ['*'], ordered: true, orderingKey: '{{data.id}}' }] },
      [['/topics/0/orderingKey', 'invalid']],
    ],
    [
      'a bad topic',
      { routes: [{ id: 'a', topics: ['a..b'], destinations: ['x'] }] },
      [['/routes/0/topics/0', 'invalid']],
    ],
    [
      'a bad pattern',
      { routes: [{ id: 'a', match: { data: { x: [] } }, destinations: ['x'] }] },
      [['/routes/0/match/data/x', 'invalid']],
    ],
    [
      'a bad entry of a list',
      { routes: [{ id: 'a', match: { data: { 'a/b': ['x', { near: 1 }] } }, destinations: ['x'] }] },
      [['/routes/0/match/data/a~1b/1', 'invalid']],
    ],
    [
      'an expression that cannot be read',
      { routes: [{ id: 'a', when: 'sverity == "error"', destinations: ['x'] }] },
      [['/routes/0/when', 'invalid']],
    ],
    [
      'an expression that is no text',
      { routes: [{ id: 'a', when: ['severity'], destinations: ['x'] }] },
      [['/routes/0/when', 'type']],
    ],
    [
      'members that no event has',
      {
        routes: [
          {
            id: 'a',
            match: { sverity: ['error'], $or: [{ id: ['x'] }, { 'dat.x': [1] }] },
            destinations: ['x'],
          },
        ],
      },
      [
        ['/routes/0/match/sverity', 'invalid'],
        ['/routes/0/match/$or/1/dat.x', 'invalid'],
      ],
    ],
    [
      'a route to nowhere',
      { routes: [{ id: 'a', destinations: [] }] },
      [['/routes/0/destinations', 'tooShort']],
    ],
    [
      'routes within a route that are none',
      {
        routes: [
          {
            id: 'a',
            destinations: ['x'],
            routes: [{ topics: ['a.*'] }, { id: 'A' }, { id: 'b', default: true }, { id: 'c', order: 1 }],
          },
        ],
      },
      [
        ['/routes/0/routes/0/id', 'required'],
        ['/routes/0/routes/1/id', 'format'],
        ['/routes/0/routes/2/default', 'unknown'],
        ['/routes/0/routes/3/order', 'unknown'],
      ],
    ],
    [
      'six levels of routes',
      { routes: [{ ...within('a', within('b', within('c', within('d', within('e', { id: 'f' }))))) }] },
      [['/routes/0/routes/0/routes/0/routes/0/routes/0/routes', 'type']],
    ],
    ['no routes within a route', { routes: [within('a')] }, [['/routes/0/routes', 'tooShort']]],
    [
      'steps of an escalation that cannot be',
      {
        routes: [
          { id: 'a', destinations: ['x'], escalate: { steps: [] } },
          {
            id: 'b',
            destinations: ['x'],
            escalate: { steps: [{ afterMs: 1_000, destinations: ['x'] }, { afterMs: 60_000 }], repeat: 21 },
          },
        ],
      },
      [
        ['/routes/0/escalate/steps', 'tooShort'],
        ['/routes/1/escalate/steps/0/afterMs', 'tooShort'],
        ['/routes/1/escalate/steps/1/destinations', 'required'],
        ['/routes/1/escalate/repeat', 'tooLong'],
      ],
    ],
    [
      'failovers that cannot be',
      {
        destinations: [
          { id: 'a', channel: 'slack', settings: {}, failover: { afterMs: 59_999 } },
          { id: 'b', channel: 'slack', settings: {}, failover: { to: 'A', afterMs: 86_400_001 } },
          { id: 'c', channel: 'slack', settings: {}, failover: { to: 'a', when: 'down' } },
          { id: 'd', channel: 'slack', settings: {}, failover: { to: ['a', 'b'] } },
        ],
      },
      [
        ['/destinations/0/failover/to', 'required'],
        ['/destinations/0/failover/afterMs', 'tooShort'],
        ['/destinations/1/failover/to', 'format'],
        ['/destinations/1/failover/afterMs', 'tooLong'],
        ['/destinations/2/failover/when', 'unknown'],
        ['/destinations/3/failover/to', 'type'],
      ],
    ],
    ['an empty template', { templates: [{ id: 'a' }] }, [['/templates/0', 'invalid']]],
    [
      'templates that are none for a channel or a language',
      {
        templates: [
          { id: 'a', text: 'x', channels: { slack: {} } },
          { id: 'b', text: 'x', locales: { deutsch_: { text: 'x' }, de: {} } },
          { id: 'c', locales: { de: { channels: { slack: { text: '{{nothing}}' } } } } },
          { id: 'd', channels: { slack: { text: 'x', locales: {} } } },
        ],
      },
      [
        ['/templates/0/channels/slack', 'invalid'],
        ['/templates/1/locales/de', 'invalid'],
        ['/templates/1/locales/deutsch_', 'invalid'],
        ['/templates/2/locales/de/channels/slack/text', 'invalid'],
        ['/templates/3/channels/slack/locales', 'unknown'],
      ],
    ],
    [
      'a bad template',
      { templates: [{ id: 'a', text: '{{constructor.constructor}}' }] },
      [['/templates/0/text', 'invalid']],
    ],
    [
      'an unknown scope',
      { keys: [{ id: 'a', secret: 's', scopes: ['all'] }] },
      [['/keys/0/scopes/0', 'oneOf']],
    ],
    [
      '31 February',
      { keys: [{ id: 'a', secret: 's', scopes: ['send'], expiresAt: '2027-02-31T00:00:00Z' }] },
      [['/keys/0/expiresAt', 'invalid']],
    ],
    ...[0, 10_001, 1.5, '5'].map((eventsPerSecond): [string, unknown, [string, string][]] => [
      `${JSON.stringify(eventsPerSecond)} events a second`,
      { keys: [{ id: 'a', secret: 's', scopes: ['send'], eventsPerSecond }] },
      [
        [
          '/keys/0/eventsPerSecond',
          eventsPerSecond === 0 ? 'tooShort' : eventsPerSecond === 10_001 ? 'tooLong' : 'type',
        ],
      ],
    ]),
    [
      'a secret with a space',
      { keys: [{ id: 'a', secret: 'a b', scopes: ['send'] }] },
      [['/keys/0/secret', 'format']],
    ],
  ])('refuses %s and says where', (_, value, issues) => {
    expect(issuesOf(value)).toEqual(issues);
  });

  test('no message repeats what stands in a setting', () => {
    const parsed = parseCatalogInput({
      destinations: [{ id: 'a', channel: 'x', settings: { token: ['s3cr3t'] } }],
    });
    expect(JSON.stringify(parsed)).not.toContain('s3cr3t');
    expect(parsed.ok).toBe(false);
  });
});

const entry = (kind: CatalogEntry['kind'], id: string, body: Record<string, unknown>) =>
  ({ kind, id, body, etag: etagOf(body) }) as CatalogEntry;
const steps = (changes: ReturnType<typeof diffCatalog>) =>
  changes.map(({ op, kind, id }) => `${op} ${kind} ${id}`);

describe('the difference of two catalogs', () => {
  test('is nothing when only the order of members differs', () => {
    expect(
      diffCatalog(
        [entry('hook', 'a', { x: 1, y: { b: 1, c: 2 } })],
        [{ kind: 'hook', id: 'a', body: { y: { c: 2, b: 1 }, x: 1 } }],
        true,
      ),
    ).toEqual([]);
  });

  test('makes what others name first, and removes it last', () => {
    const current = [entry('destination', 'old', {}), entry('route', 'old', {})];
    const wanted = [
      { kind: 'route', id: 'new', body: {} },
      { kind: 'destination', id: 'new', body: {} },
    ] as const;
    expect(steps(diffCatalog(current, wanted, true))).toEqual([
      'create destination new',
      'create route new',
      'delete route old',
      'delete destination old',
    ]);
    expect(steps(diffCatalog(current, wanted, false))).toEqual([
      'create destination new',
      'create route new',
    ]);
  });

  test('names the members that changed', () => {
    const before = { channel: 'slack', settings: { a: 1, b: [1] }, title: 'x' };
    const after = { channel: 'slack', settings: { a: 2, b: [1, 2] }, enabled: true };
    const [change] = diffCatalog(
      [entry('destination', 'a', before)],
      [{ kind: 'destination', id: 'a', body: after }],
      true,
    );
    expect(change?.fields).toEqual(['settings.a', 'settings.b', 'title', 'enabled']);
  });
});
