import { describe, expect, test } from 'vitest';
import type { Event } from '../../lib/core/event.ts';
import type { GroupWindow, WindowOutcome } from '../../lib/core/group-window.ts';
import { DIGEST_TOPIC, alertDigest } from '../../lib/core/digest.ts';
import type { DeliveryPack } from '../../lib/core/message.ts';
import type { Member } from '../../lib/core/member.ts';
import type { RouteMatch } from '../../lib/core/route.ts';
import { addLinks } from '../../lib/pipeline/fan-out/links.ts';
import { cutAtLimit } from '../../lib/pipeline/fan-out/plan.ts';
import type { Routed } from '../../lib/pipeline/fan-out/route.ts';
import { outcomeOf } from '../../lib/pipeline/windows/outcome.ts';
import { type TellDeps, tell } from '../../lib/pipeline/windows/tell.ts';
import { NOW, catalogOf, destination, toRecord } from './rig.ts';

const logged: unknown[] = [];
const telemetry = { add: () => undefined, log: (...line: unknown[]) => void logged.push(line) };
/** Links that say what they are bound to. */
const links =
  async (tenant: string) =>
  (link: { purpose: string; event: string; destination: string; topics: readonly string[] }) =>
    [`https://${tenant}`, link.purpose, link.event, link.destination, ...link.topics].join('/');

const escalate = { steps: [{ afterMs: 60_000, destinations: ['ops'] }] };
const group = { by: [], waitMs: 1, intervalMs: 1, repeatMs: 1 };

const eventOf = (more: Partial<Event> = {}): Event => ({
  id: 'e1',
  topic: 'orders.paid',
  time: new Date(NOW).toISOString(),
  lane: 'normal',
  data: { title: 'Paid' },
  ...more,
});

function routedOf(match: Partial<RouteMatch>, event = eventOf()): Routed {
  const destinations = match.destinations ?? ['ops'];
  const catalog = catalogOf(destination('ops'), destination('chat'));
  const template = { id: 't', text: 'Stop: {{links.unsubscribe}} Take: {{links.acknowledge}}' };
  return {
    record: toRecord('{}'),
    pack: { v: 1, kind: 'events', tenant: 'acme', pack: 'p', items: [event] },
    catalog: { ...catalog, templates: new Map([['t', template]]) },
    matches: new Map([['e1', [{ route: 'r', ...match, destinations }]]]),
    fanOuts: [
      {
        tenant: 'acme',
        topic: event.topic,
        hour: '',
        pack: 'p',
        destinations: new Map([['e1', destinations]]),
      },
    ],
  };
}

/** In a catalog whose route escalates. */
const withRoutes = (routed: Routed): Routed => {
  const routes = [{ id: 'r', order: 1, destinations: ['chat'], escalate }];
  return { ...routed, catalog: { ...routed.catalog, routes } };
};

async function made(routed: Routed, deps: Partial<Parameters<typeof addLinks>[1]> = { links }) {
  const linked = await addLinks([routed], { telemetry, ...deps });
  const { planned } = cutAtLimit(linked, { payloadOf: () => 'text', now: () => NOW, telemetry });
  return planned.map(({ destination: id, delivery: { notification } }) => ({
    id,
    text: notification.text,
    links: notification.links,
  }));
}

describe('a fan-out', () => {
  const [ACK, STOP] = ['https://acme/acknowledge/e1', 'https://acme/unsubscribe/e1'];

  test('gives each person links of their own, and shared places only those they can use', async () => {
    const match = { destinations: ['alice.chat', 'bob.chat', 'ops'], template: 't', escalate };
    expect(await made(routedOf(match))).toEqual([
      ...['alice.chat', 'bob.chat'].map((id) => ({
        id,
        text: `Stop: ${STOP}/${id}/orders.paid Take: ${ACK}/${id}`,
        links: { acknowledge: `${ACK}/${id}`, unsubscribe: `${STOP}/${id}/orders.paid` },
      })),
      { id: 'ops', text: `Stop:  Take: ${ACK}/ops`, links: { acknowledge: `${ACK}/ops` } },
    ]);
  });

  test.each<[string, Routed, unknown]>([
    ['a route that escalates', routedOf({ escalate }), { acknowledge: `${ACK}/ops` }],
    ['one that does not', routedOf({}), undefined],
    ['one that groups, which tells later', routedOf({ escalate, group }), undefined],
    ['an end', routedOf({ escalate }, eventOf({ data: { status: 'resolved' } })), undefined],
    [
      'a step',
      routedOf(
        {},
        eventOf({ to: ['ops'], escalates: { opener: 'e0', incident: 'i', route: 'r', step: 0, round: 0 } }),
      ),
      { acknowledge: `${ACK}/ops` },
    ],
    [
      'a group, to the destination it fails over to',
      withRoutes(
        routedOf(
          {},
          eventOf({
            topic: DIGEST_TOPIC,
            to: ['ops'],
            failsOver: { from: 'chat', state: 'dead' },
            data: { kind: 'group', rule: 'r' },
          }),
        ),
      ),
      { acknowledge: `${ACK}/ops` },
    ],
    [
      'what is merely gathered, though it fails over',
      withRoutes(
        routedOf({}, eventOf({ topic: DIGEST_TOPIC, to: ['ops'], data: { kind: 'digest', rule: 'r' } })),
      ),
      undefined,
    ],
  ])('offers to acknowledge what is told by %s', async (_, routed, expected) => {
    expect((await made(routed)).map((one) => one.links)).toEqual([expected]);
  });

  test('asks for no key where nothing has links, and makes none where nobody knows the URL', async () => {
    const throws = () => Promise.reject(new Error('asked'));
    expect(await made(routedOf({}), { links: throws })).toHaveLength(1);
    const [silent] = await made(routedOf({ escalate, template: 't' }), { links: undefined });
    expect(silent).toEqual({ id: 'ops', text: 'Stop:  Take: ', links: undefined });
  });

  test('leaves a pack to come again when the key cannot be read', async () => {
    const [routed, other] = [routedOf({ escalate }), routedOf({})];
    const failing = { telemetry, links: () => Promise.reject(new Error('no table')) };
    expect(await addLinks([routed, other], failing)).toEqual([other]);
    expect(JSON.stringify(logged)).toContain('links cannot be made');
  });
});

describe('a digest', () => {
  const window: GroupWindow = {
    tenant: 'acme',
    group: 'g'.padEnd(22, '0'),
    n: 1,
    kind: 'digest',
    destination: 'alice.chat',
    rule: 'r',
    values: {},
    phase: 'closed',
    dueAt: '',
    dueAtMs: NOW,
    closedAt: NOW,
  };
  const member = (event: string, topic: string): Member => ({
    event,
    topic,
    atMs: NOW,
    title: event,
    text: '',
  });
  const members = [member('e1', 'news.a'), member('e2', 'news.b'), member('e3', 'news.a')];

  async function told(more: Partial<GroupWindow>, outcome: WindowOutcome) {
    const bodies: DeliveryPack[] = [];
    const catalog = catalogOf(destination('ops'), destination('chat'));
    const deps: TellDeps = {
      links,
      failovers: { open: async () => [] },
      standIns: { note: async () => [] },
      windows: { open: async () => [{ kind: 'written' }] },
      events: { read: async () => new Map(), write: async () => [true] as never },
      record: async (planned) => planned,
      catalog: async () => ({ ...catalog, routes: [{ id: 'r', order: 1, destinations: ['ops'], escalate }] }),
      channels: new Map(),
      enqueue: async (_, messages) => {
        bodies.push(...messages.map(({ body }) => JSON.parse(body) as DeliveryPack));
        return { failed: [] };
      },
      queues: { http: 'http', urgent: 'urgent' },
      eventQueues: { normal: 'events', urgent: 'events' },
      escalations: {
        read: async () => new Map(),
        move: async () => [{ kind: 'written' }],
        note: async () => undefined,
        exhaust: async () => [],
      },
      windowTtl: () => 2e9,
      ttl: () => 2e9,
      now: () => NOW,
    };
    expect(await tell({ ...window, ...more, outcome }, deps)).toBe(true);
    return bodies.flatMap(({ items }) => items.map(({ notification }) => notification.links));
  }

  test('offers a person to hear no more of what it tells of', async () => {
    const deps = {
      windows: { read: async () => new Map() },
      members: { content: async () => undefined },
      now: () => NOW,
    };
    const outcome = await outcomeOf(window, members, deps);
    const id = outcome.digest?.id;
    const unsubscribe = `https://acme/unsubscribe/${id}/alice.chat/news.a/news.b`;
    expect(await told({}, outcome)).toEqual([{ unsubscribe }]);
    const shared = await outcomeOf({ ...window, destination: 'ops' }, members, deps);
    expect(await told({ destination: 'ops' }, shared)).toEqual([undefined]);
  });

  test('of a route that escalates is acknowledged as one, until it is over', async () => {
    const groupWindow = { ...window, kind: 'group', destination: 'ops' } as const;
    const one = { ...member('e1', 'disk.full'), key: 'k', since: NOW };
    const firing = alertDigest(groupWindow, { firing: [one], resolved: [], events: [] }, [], NOW);
    const acknowledge = `https://acme/acknowledge/${firing.id}/ops`;
    expect(await told(groupWindow, { digest: firing })).toEqual([{ acknowledge }]);
    const over = alertDigest(groupWindow, { firing: [], resolved: [one], events: [] }, [], NOW);
    expect(await told(groupWindow, { digest: over })).toEqual([undefined]);
  });
});
