import type { Destination, Limit, Rate, Route, Topic } from '../../lib/core/catalog.ts';
import type { Draft } from '../../lib/core/event-input.ts';
import { isoTime } from '../../lib/core/iso-time.ts';
import type { Post } from '../../lib/pipeline/ingest.ts';
import { type PlannedAcknowledgement, drawAcknowledgements, escalating } from './escalations.ts';
import { COPIES, DOUBTS, type Faults, STUMBLES, ZOMBIES, drawFaults } from './faults.ts';
import { withFailovers } from './failovers.ts';
import { type PlannedHeartbeat, drawHeartbeats } from './heartbeats.ts';
import { drawAlerts, withEdits } from './incidents.ts';
import { merging } from './merges.ts';
import { type PlannedPause, drawPauses } from './pauses.ts';
import { isNamed } from './producers.ts';
import { type Nature, urlOf } from './providers.ts';
import type { Random } from './random.ts';
import { type PlannedReplay, drawReplays } from './replays.ts';
import { gathering } from './windows.ts';

/** One tenant: where its messages go, and what it posts. */
export interface Tenant {
  readonly id: string;
  readonly destinations: readonly Destination[];
  readonly routes: readonly Route[];
  /** How topics are delivered; the others at least once. */
  readonly topics: readonly Topic[];
  /** Rates that all of its destinations share. */
  readonly limits: readonly Limit[];
  /** The routes after a change in the middle of everything. */
  readonly laterRoutes: readonly Route[] | undefined;
  readonly natures: ReadonlyMap<string, Nature>;
  readonly posts: readonly PlannedPost[];
}

export interface PlannedPost {
  /** After the start. */
  readonly atMs: number;
  readonly post: Post;
}

export interface Scenario {
  readonly tenants: readonly Tenant[];
  readonly pauses: readonly PlannedPause[];
  readonly replays: readonly PlannedReplay[];
  readonly acknowledgements: readonly PlannedAcknowledgement[];
  readonly heartbeats: readonly PlannedHeartbeat[];
  readonly faults: Faults;
  /** Clocks of functions are off by up to this much. */
  readonly skewMs: number;
  readonly concurrency: number;
  readonly batchSize: number;
  /** Receives before a message counts as dead; few where throttled invocations eat them up. */
  readonly maxReceives: number;
  /** Messages that a queue has in flight at most; absent: the quota is far. */
  readonly maxInFlight?: number;
  /** When no queue takes a message, after the start. */
  readonly outage?: Outage | undefined;
  readonly timersEveryMs: number;
  /** The timers have never run here, and look back as far as they go. */
  readonly isNew: boolean;
}

export interface Outage {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The first moment of every day. */
export const START = Date.UTC(2026, 10, 21, 10);

/** Clocks of workers that are well lie this close together. */
export const SPREAD_MS = 2.5;
/** No clock is further off. */
const MAX_SKEW_MS = 2_000;
/** Whether there is a second tenant: days of two cost twice as much. */
const PAIR_SHARE = 0.2;
const ZOMBIE_SHARE = 0.08;
const ALERTS_SHARE = 0.3;
/** Of the days with alerts. */
const ESCALATING_SHARE = 0.4;
const STUMBLE_SHARE = 0.04;
const COPYING_SHARE = 0.03;
const GATHERING_SHARE = 0.1;
const MERGING_SHARE = 0.08;
/** Of the days on which lines are told together. */
const DOUBTS_SHARE = 0.6;
const MANY_POSTS = 5;
/** Further apart than a function waits for a slot. */
const SLOW: Rate = { limit: 2, perMs: 5_000 };
const SCHEDULING_SHARE = 0.2;
const BEATING_SHARE = 0.06;
/** Of the days with alerts. */
const FAILOVER_SHARE = 0.4;
const COUNTING_SHARE = 0.1;
/** All posts begin within this. */
const POSTING_MS = 40_000;
/** How long people have to find out about a delivery in doubt, where a destination holds it. */
const HOLD_MS = 90_000;
/** Some tenants post much within this, so that limits have a backlog. */
const FLOOD_MS = 3_000;

export function drawScenario(random: Random): Scenario {
  const isZombie = random.fork('zombies').chance(ZOMBIE_SHARE);
  const ids = random.chance(PAIR_SHARE) ? ['acme', 'bolt'] : ['acme'];
  const stumbles = !isZombie && random.fork('stumbles').chance(STUMBLE_SHARE);
  const copies = !isZombie && !stumbles && random.fork('copies').chance(COPYING_SHARE);
  const drawn = ids.map((id) => drawTenant(id, random.fork(id)));
  const slow = stumbles ? drawn.map(slowed) : copies ? drawn.slice(0, 1).map(copied) : drawn;
  const gathers = !stumbles && !copies && random.fork('windows').chance(GATHERING_SHARE);
  const merges = !stumbles && !copies && !gathers && random.fork('merges').chance(MERGING_SHARE);
  const tenants = gathers
    ? slow.map((tenant) => gathered(tenant, random.fork(`windows of ${tenant.id}`)))
    : merges
      ? slow.map((tenant) => merging(tenant, random.fork(`floods of ${tenant.id}`)))
      : slow;
  return {
    tenants,
    pauses: drawPauses(tenants, random.fork('pauses')),
    // A copy has the title of what it copies, and in a message with others nothing but that.
    replays: drawReplays(tenants, random.fork('replays')).filter(({ what }) => !merges || 'state' in what),
    acknowledgements: tenants
      .filter(({ routes }) => routes.some(({ escalate }) => escalate))
      .flatMap(({ id }) => drawAcknowledgements(id, random.fork(`acknowledges ${id}`))),
    heartbeats: tenants.flatMap(({ id }) => {
      const beats = random.fork(`beats of ${id}`);
      return beats.chance(BEATING_SHARE) ? drawHeartbeats(id, beats) : [];
    }),
    faults: isZombie
      ? ZOMBIES
      : stumbles
        ? STUMBLES
        : copies
          ? COPIES
          : merges && random.fork('doubts').chance(DOUBTS_SHARE)
            ? DOUBTS
            : drawFaults(random.fork('faults')),
    skewMs: isZombie ? MAX_SKEW_MS : random.chance(0.25) ? random.between(20, MAX_SKEW_MS) : SPREAD_MS,
    concurrency: random.whole(1, 4),
    batchSize: random.whole(1, 8),
    maxReceives: random.chance(0.25) ? random.whole(1, 4) : 100,
    outage: random.fork('outage').chance(0.15) ? drawOutage(random.fork('no queue')) : undefined,
    // Often, so that windows close while much else goes on.
    timersEveryMs: gathers ? random.fork('timers').between(2_000, 9_000) : 60_000,
    isNew: random.fork('age').chance(0.05),
  };
}

/** Long enough that the timers give up on a minute more than once, and when they have something to send. */
function drawOutage(random: Random): Outage {
  const fromMs = random.chance(0.5) ? random.between(0, 90_000) : random.between(900_000, 1_100_000);
  return { fromMs, toMs: fromMs + random.between(30_000, 360_000) };
}

function drawTenant(id: string, random: Random): Tenant {
  const bot = random.chance(0.4) ? `bot-${id}` : undefined;
  const ids = ['one', 'two', 'three', 'four'].slice(0, random.whole(2, 4));
  const natures = new Map(ids.map((name) => [name, drawNature(random)]));
  const destinations = ids.map((name): Destination => {
    const rate = drawRate(random);
    const settings = { url: urlOf(id, name), ...(bot !== undefined && { bot }) };
    const doubt = random.chance(0.1) ? ({ maybe: 'hold', holdMs: HOLD_MS } as const) : {};
    const cap = drawCap(random.fork(`cap ${name}`));
    return { id: name, channel: 'chat', settings, enabled: true, ...doubt, ...cap, ...(rate && { rate }) };
  });
  const line = drawLine(random.fork('line'));
  const alerts = random.fork('alerts').chance(ALERTS_SHARE) ? random.fork('states') : undefined;
  const later = random.chance(0.3) ? [{ ...routeOf(random, ids), id: 'later' }] : undefined;
  const steps = random.fork('steps');
  const pages = alerts && steps.chance(ESCALATING_SHARE) ? [escalating(steps, ids)] : [];
  const edited = alerts ? withEdits(destinations, random.fork('edits')) : destinations;
  const failovers = random.fork('failovers');
  // What fails over keeps to no order.
  const failsOver = alerts && line.length === 0 && failovers.chance(FAILOVER_SHARE);
  return {
    id,
    destinations: failsOver ? withFailovers(edited, failovers) : edited,
    natures,
    routes: [routeOf(random, ids), ...pages],
    laterRoutes: later && [...later, ...pages],
    topics: [...drawTopics(random), ...line, ...drawOnce(random.fork('once'))],
    limits: random.fork('limits').chance(0.3)
      ? [{ id: 'all', rate: { limit: random.fork('limit').whole(4, 20), perMs: 1_000 } }]
      : [],
    posts: [
      ...scheduled(drawPosts(id, random), random.fork('schedule')),
      ...(line.length > 0 ? drawRush(id, random.fork('rush')) : []),
      ...(alerts ? drawAlerts(id, alerts, START) : []),
    ],
  };
}

/** Its routes let events wait; a change of the catalog may end that. */
function gathered(tenant: Tenant, random: Random): Tenant {
  return { ...tenant, routes: gathering(tenant.routes, random) };
}

/** All of it at about the same time, and much more than its limits let pass. */
function slowed(tenant: Tenant): Tenant {
  const destinations = tenant.destinations.map((one) => Object.assign({}, one, { rate: SLOW }));
  const posts = tenant.posts
    .slice(0, MANY_POSTS)
    .map((one) => Object.assign({}, one, { atMs: one.atMs * 0.05 }));
  return { ...tenant, destinations, posts };
}

/** Nothing is claimed until it has come a few times. */
function copied(tenant: Tenant): Tenant {
  return {
    ...slowed(tenant),
    posts: tenant.posts.slice(0, 8),
    topics: [{ id: 'all', topics: ['*'], claims: 'off' }],
  };
}

const MODES: readonly Omit<Topic, 'id' | 'topics'>[] = [
  { mode: 'atMostOnce' },
  { mode: 'exactlyOnceRecorded' },
  { claims: 'off' },
];

function drawTopics(random: Random): Topic[] {
  const isSpecial = random.chance(0.4);
  return isSpecial ? [{ id: 'special', topics: ['disk.*'], ...random.pick(MODES) }] : [];
}

/** Some tenants hear of what has a key once in a while. */
function drawOnce(random: Random): Topic[] {
  if (!random.chance(COUNTING_SHARE)) return [];
  return [
    { id: 'once', topics: ['disk.full'], dedupeMs: random.pick([2_000, 20_000]), dedupeBy: 'data.key' },
  ];
}

/** Some destinations hear only so much. */
function drawCap(random: Random): Pick<Destination, 'cap'> {
  return random.chance(COUNTING_SHARE) ? { cap: { max: random.whole(1, 4), perMs: 10_000 } } : {};
}

/** Keys of what some tenants want in order. */
const KEYS = ['k1', 'k2', 'k3'];

/** Some tenants want the events of a topic in order, by a key, and may want few lines. */
function drawLine(random: Random): Topic[] {
  if (!random.chance(0.12)) return [];
  const partitions = random.pick([undefined, undefined, 1, 2]);
  return [
    {
      id: 'line',
      topics: ['order.*'],
      ordered: true,
      orderingKey: 'data.key',
      onDead: random.chance(0.3) ? 'stop' : 'continue',
      ...(partitions !== undefined && { partitions }),
      ...random.pick([{}, {}, { mode: 'exactlyOnceRecorded' as const }, { mode: 'atMostOnce' as const }]),
    },
  ];
}

function drawNature(random: Random): Nature {
  const lot = random.next();
  return lot < 0.84 ? 'healthy' : lot < 0.94 ? 'broken' : lot < 0.97 ? 'closed' : 'strict';
}

function drawRate(random: Random): Rate | undefined {
  return random.chance(0.5) ? { limit: random.whole(1, 8), perMs: 1_000 } : undefined;
}

function routeOf(random: Random, ids: readonly string[]): Route {
  const wanted = ids.filter(() => random.chance(0.75));
  return { id: 'all', order: 1, destinations: wanted.length > 0 ? wanted : ids.slice(0, 1) };
}

/** Posts right after each other with much for one line: more than a pack holds, or pack behind pack. */
function drawRush(tenant: string, random: Random): PlannedPost[] {
  const fromMs = random.between(0, POSTING_MS);
  return Array.from({ length: random.whole(1, 4) }, (_, index): PlannedPost => {
    const drafts = Array.from({ length: random.pick([1, 2, 12]) }, (__, item): Draft => ({
      id: `rush${index}-${item}`,
      topic: 'order.paid',
      data: { title: `${tenant} rush ${index}.${item}`, key: KEYS[0] },
    }));
    const items = drafts.map((draft) => ({ ok: true as const, draft }));
    return { atMs: fromMs + index * random.between(100, 700), post: { tenant, items } };
  });
}

/** Some tenants schedule some of what they post: seconds ahead, or longer than a queue can wait. */
function scheduled(posts: readonly PlannedPost[], random: Random): PlannedPost[] {
  if (!random.chance(SCHEDULING_SHARE)) return [...posts];
  const later = new Map<Post, Post>();
  return posts.map(({ atMs, post }) => {
    const items = post.items.map((item) => {
      // A topic that may be ordered has no schedule.
      if (!item.ok || item.draft.topic !== 'disk.full' || random.chance(0.3)) return item;
      const scheduledAt = isoTime(START + atMs + random.between(0, random.pick([20_000, 150_000, 960_000])));
      return { ...item, draft: { ...item.draft, scheduledAt } };
    });
    // What is posted twice is the same both times.
    const one = later.get(post) ?? { ...post, items };
    later.set(post, one);
    return { atMs, post: one };
  });
}

/** Some events have ids of their own, some come under an idempotency key, some with neither; some come twice. */
function drawPosts(tenant: string, random: Random): PlannedPost[] {
  const isFlood = random.chance(0.08);
  const count = isFlood ? random.whole(6, 10) : random.whole(2, 5);
  const withinMs = isFlood ? FLOOD_MS : POSTING_MS;
  const keys = random.fork('keys');
  const planned = Array.from({ length: count }, (_, index): PlannedPost => {
    const size = isFlood ? random.whole(6, 10) : random.chance(0.5) ? 1 : random.whole(2, 6);
    const hasIds = random.chance(0.6);
    const drafts = Array.from({ length: size }, (__, item): Draft => ({
      topic: random.pick(['order.paid', 'disk.full']),
      data: { title: `${tenant} ${index}.${item}`, key: keys.pick(KEYS) },
      ...(random.chance(0.15) && { lane: 'urgent' as const }),
      ...(hasIds && { id: `e${index}-${item}` }),
    }));
    const items = drafts.map((draft) => ({ ok: true as const, draft }));
    const key = !hasIds && random.chance(0.7) ? { idempotencyKey: `key-${index}` } : {};
    return { atMs: random.between(0, withinMs), post: { tenant, items, ...key } };
  });
  const twins = planned.filter(({ post }) => isNamed(post) && random.chance(0.2));
  return [...planned, ...twins.map(({ atMs, post }) => ({ atMs: atMs + random.between(0, 300), post }))];
}
