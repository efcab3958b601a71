import type { Destination, Rate, Route } from '../../lib/core/catalog.ts';
import type { Random } from './random.ts';
import type { PlannedPost, Tenant } from './scenario.ts';

/** A few fill a minute of its line. */
const SLOW: Rate = { limit: 1, perMs: 8_000 };
/** Most come at once, the others while the line gets shorter. */
const FLOOD_MS = 4_000;
const REST_MS = 150_000;
/** All fit into one message, so that providers can tell who is in it. */
const POSTS = 6;
const ITEMS = 8;

/** Much more than its destinations take within a minute, of which most are told together. */
export function merging(tenant: Tenant, random: Random): Tenant {
  const natures = [...tenant.natures].map(([id, one]) => [id, one === 'closed' ? 'strict' : one] as const);
  return {
    ...tenant,
    // Whoever is gone is told of by a message that has no title of ours.
    natures: new Map(natures),
    destinations: tenant.destinations.map((one) => slow(one, random.chance(0.9))),
    routes: plain(tenant.routes),
    laterRoutes: tenant.laterRoutes && plain(tenant.laterRoutes),
    posts: flood(tenant.id, random),
  };
}

function slow(one: Destination, merge: boolean): Destination {
  // Whoever stands in for another is told so in the title.
  const { cap: _, failover: __, ...destination } = one;
  return { ...destination, rate: SLOW, merge };
}

function plain(routes: readonly Route[]): Route[] {
  return routes.filter(({ escalate }) => !escalate);
}

function flood(tenant: string, random: Random): PlannedPost[] {
  return Array.from({ length: random.whole(POSTS - 1, POSTS) }, (_, index): PlannedPost => {
    const items = Array.from({ length: random.whole(ITEMS - 2, ITEMS) }, (__, item) => {
      const id = `flood${index}-${item}`;
      const topic = random.pick(['order.paid', 'order.paid', 'disk.full']);
      return { ok: true as const, draft: { id, topic, data: { title: titleOf(tenant, id), key: 'k1' } } };
    });
    const withinMs = random.chance(0.7) ? FLOOD_MS : REST_MS;
    return { atMs: random.between(0, withinMs), post: { tenant, items } };
  });
}

function titleOf(tenant: string, event: string): string {
  return `${tenant} ${event}`;
}

/** What a message says. */
interface Said {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** The events that a message tells of, by its own words: one, or those of a flood that have a line each. */
export function toldIn({ id, title, text }: Said): { readonly event: string; readonly title: string }[] {
  if (!id.startsWith('together_')) return [{ event: id, title }];
  return text.split('\n').map((line) => {
    const [name = ''] = line.split(':');
    return { event: name.split(' ').at(1) ?? name, title: name };
  });
}
