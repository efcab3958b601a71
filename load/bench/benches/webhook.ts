import { PerformanceObserver } from 'node:perf_hooks';
import { postWebhook } from '../../../lib/pipeline/ingest/post-alerts.ts';
import { toRequest } from '../../../lib/platform/api-event.ts';
import { alertsBody } from '../../headline/alerts.ts';
import { alertsRequest, fanfareIngest } from '../../headline/ingest.ts';
import { CONTEXT } from '../../headline/work.ts';
import type { Bench, Case, Counts } from '../bench.ts';

const ACCEPTED = 202;
const SEED_PARSE = 'not stated; parsing 100 alerts measured 460 µs';
const NOT_COMPILED = 'its file never compiled';

/** A post of Alertmanager taken in, all but what the queue and the tables do. */
export const webhook: readonly Bench[] = [
  {
    name: 'webhook/baseline',
    rows: 'B26, T14',
    about:
      'a post of one alert, the function without its frame; p99 of single posts by the clock on the wall',
    seed: 'not stated',
    flaw: `${NOT_COMPILED}, and its payload would be refused by its own validator`,
    open: () => ({ cases: { '': baseline() } }),
  },
  {
    name: 'webhook/payload',
    rows: 'B28',
    about: 'a post of so many alerts through the whole function: key, checks, identities, packs',
    seed: SEED_PARSE,
    flaw: NOT_COMPILED,
    open: () => ({
      cases: Object.fromEntries([1, 5, 10, 50, 100, 500].map((alerts) => [String(alerts), posting(alerts)])),
    }),
  },
  {
    name: 'webhook/concurrent',
    rows: 'B29',
    about: 'a post of ten alerts, so many at a time',
    seed: 'not stated; a sibling measured 4.6 to 5.2 µs',
    flaw: NOT_COMPILED,
    open: () => ({
      cases: Object.fromEntries([1, 10, 50, 100].map((atOnce) => [String(atOnce), posting(10, atOnce)])),
    }),
  },
  {
    name: 'webhook/memory',
    rows: 'B30',
    about: 'a post of a hundred alerts, and what collecting its garbage takes',
    seed: 'not stated',
    flaw: NOT_COMPILED,
    open: () => ({ cases: { '': { ...posting(100), also: garbage } } }),
  },
];

function baseline(): Case {
  const { deps, taken } = fanfareIngest();
  const event = alertsRequest(alertsBody(1));
  const post = () => postWebhook(toRequest(event, 'one'), deps);
  return {
    check: async () => (await post()).status === ACCEPTED && taken() === 1,
    run: async () => (await post(), 1),
    also: async () => ({ 'p99, µs': await p99Of(post) }),
  };
}

const SINGLES = 5_000;

/** Of so many posts, one after the other; rounds would hide it. */
async function p99Of(post: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < SINGLES; n++) {
    const startedAt = performance.now();
    await post();
    times.push((performance.now() - startedAt) * 1_000);
  }
  return times.toSorted((a, b) => a - b)[Math.ceil(SINGLES * 0.99) - 1]!;
}

function posting(alerts: number, atOnce = 1): Case {
  const { handle, taken } = fanfareIngest();
  const body = alertsBody(alerts);
  const post = () => handle(alertsRequest(body), CONTEXT);
  return {
    bytes: Buffer.byteLength(body),
    check: async () => (await post()).statusCode === ACCEPTED && taken() === alerts,
    async run() {
      if (atOnce === 1) await post();
      else await Promise.all(Array.from({ length: atOnce }, post));
      return atOnce;
    },
  };
}

const POSTS = 300;

/** Collections and their pauses, and how much larger the heap is after many posts. */
async function garbage(): Promise<Counts> {
  const pauses: number[] = [];
  const observer = new PerformanceObserver((list) =>
    pauses.push(...list.getEntries().map(({ duration }) => duration)),
  );
  observer.observe({ entryTypes: ['gc'] });
  const { run } = posting(100);
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < POSTS; n++) await run();
  const after = process.memoryUsage().heapUsed;
  await new Promise((resolve) => setTimeout(resolve, 50));
  observer.disconnect();
  const ms = pauses.reduce((sum, one) => sum + one, 0);
  return {
    'collections in 1,000 posts': (pauses.length * 1_000) / POSTS,
    'their pauses, ms': (ms * 1_000) / POSTS,
    'longest pause, ms': Math.max(0, ...pauses),
    'heap grew by, KiB': (after - before) / 1_024,
  };
}
