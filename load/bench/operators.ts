import type { Route } from '../../lib/core/catalog.ts';
import type { Event } from '../../lib/core/event.ts';
import type { Pattern } from '../../lib/core/pattern.ts';

/** Ways to ask, each about something of its own; `n` tells one route from the next. */
const WAYS: readonly ((n: number) => { readonly match?: Pattern; readonly when?: string })[] = [
  (n) => ({ match: { source: [`service-${n}`] } }),
  (n) => ({ match: { topic: [{ prefix: `area${n}.` }] } }),
  (n) => ({ match: { data: { host: [{ suffix: `-${n}` }] } } }),
  (n) => ({ match: { data: { name: [{ 'equals-ignore-case': `Name-${n}` }] } } }),
  (n) => ({ match: { subject: [{ wildcard: `disk-${n}-*` }] } }),
  (n) => ({ match: { data: { amount: [{ numeric: ['>=', n, '<', n + 2] }] } } }),
  (n) => ({ match: { data: { ip: [{ cidr: `10.${n >> 8}.${n & 255}.0/24` }] } } }),
  (n) => ({
    match: { data: { env: [{ 'anything-but': ['test', 'dev'] }], labels: { team: [`team-${n}`] } } },
  }),
  (n) => ({ match: { data: { user: [{ exists: true }], customer: [`c${n}`] } } }),
  (n) => ({ match: { $or: [{ source: [`other-${n}`] }, { data: { tags: [`t${n}`] } }] } }),
  (n) => ({ match: { data: { items: { sku: [`k${n}`], n: [1] } } } }),
  (n) => ({ when: `severity >= "error" && labels.team in ("team-${n}", "team-${n + 1}")` }),
];

/** How many ways of asking there are. */
export const WAYS_OF_ASKING = WAYS.length;

/** Routes that ask in every way in turn; whoever wants an event gets it. */
export function routesOf(count: number): Route[] {
  return Array.from({ length: count }, (_, n): Route => {
    const conditions = WAYS[n % WAYS.length]!(n);
    return Object.assign({ id: `r${n}`, order: n, destinations: [`d${n}`], continue: true }, conditions);
  });
}

/** A stream in which every member varies; most events are wanted by a few of a thousand routes. */
export function streamOf(count: number): Event[] {
  return Array.from({ length: count }, (_, n): Event => {
    const k = (n * 37) % 1_500;
    return {
      id: `e${n}`,
      topic: `area${k}.changed`,
      time: '2026-11-21T10:00:00.000Z',
      lane: 'normal',
      source: `service-${k}`,
      subject: `disk-${k}-full`,
      severity: n % 2 === 0 ? 'error' : 'info',
      data: {
        title: 'Something happened',
        host: `host-${k}`,
        name: `NAME-${k}`,
        amount: k,
        ip: `10.${k >> 8}.${k & 255}.17`,
        env: n % 3 === 0 ? 'test' : 'prod',
        labels: { team: `team-${k}`, region: 'eu-1' },
        user: `u${n}`,
        customer: `c${k}`,
        tags: ['new', `t${k}`],
        items: [
          { sku: `k${k}`, n: n % 2 },
          { sku: 'a', n: 1 },
        ],
      },
    };
  });
}
