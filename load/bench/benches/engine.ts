import { defineChannel } from '../../../lib/channel.ts';
import { compileRoutes } from '../../../lib/core/route.ts';
import { sendOne } from '../../../lib/pipeline/deliver/send-one.ts';
import { registry } from '../../../lib/registry.ts';
import { stubbedHttp } from '../../headline/fanfare.ts';
import { newEvent } from '../../headline/work.ts';
import { type Bench, type Case, repeated } from '../bench.ts';
import { claimedDelivery, sendingBy, targetOf } from '../given.ts';
import { rulesOf } from '../rules.ts';

const SETTINGS = { url: 'https://example.com/hook' };

/** What the source's engine does in one process: knows channels, sends, asks rules. */
export const engine: readonly Bench[] = [
  {
    name: 'engine/registry',
    rows: 'B03',
    about: 'a channel looked up and a destination of it opened; define: a channel defined',
    seed: '~160 ns, 176 B; measured 410 to 730 ns',
    flaw: 'after the first iteration only the duplicate error is timed',
    open: () => ({ cases: { open: opening(), define: defining() } }),
  },
  {
    name: 'engine/sendDirect',
    rows: 'B04',
    about: 'a claimed delivery: request built, signed off by a transport that answers at once, verdict made',
    seed: '<1 µs with a mock; measured 1.1 to 2.8 µs',
    flaw: 'it logs each send',
    open: () => ({ cases: { '': sending(1) } }),
  },
  {
    name: 'engine/rules',
    rows: 'B05',
    about: 'an event that meets so many routes, none of which wants it but the last',
    seed: 'not stated; measured 1.1 µs with one rule',
    open: () => ({
      cases: Object.fromEntries([0, 1, 10, 100, 1_000].map((count) => [String(count), asking(count)])),
    }),
  },
  {
    name: 'engine/concurrent',
    rows: 'B14',
    about: 'engine/sendDirect, so many at a time',
    seed: 'scaling; measured 2.0 µs',
    open: () => ({ cases: { 1: sending(1), 10: sending(10), 100: sending(100) } }),
  },
];

function opening(): Case {
  return { check: () => openWebhook().scopes.length > 0, run: repeated(100, openWebhook) };
}

const openWebhook = () => targetOf('webhook', SETTINGS);

function defining(): Case {
  const { name, title, fields, timeoutMs, retryMs } = registry.get('webhook')!;
  const define = () =>
    defineChannel({
      name,
      title,
      fields,
      payload: 'event',
      timeoutMs,
      retryMs,
      request: () => ({ transport: 'http', method: 'POST', url: SETTINGS.url, headers: {}, body: '' }),
    });
  return { check: () => define().name === 'webhook', run: repeated(1_000, define) };
}

function sending(atOnce: number): Case {
  const target = targetOf('webhook', SETTINGS);
  const work = claimedDelivery(target);
  const deps = sendingBy(stubbedHttp);
  const send = async () => await sendOne(work, target, undefined, deps);
  return {
    check: async () => (await send()).verdict.kind === 'delivered',
    async run() {
      await Promise.all(Array.from({ length: atOnce }, send));
      return atOnce;
    },
  };
}

function asking(count: number): Case {
  const rules = rulesOf(Math.max(0, count - 1)).map(({ route }) => route);
  const last = { id: 'last', order: count, match: { topic: ['orders.paid'] }, destinations: ['one'] };
  const matching = compileRoutes(count === 0 ? [] : [...rules, last]);
  const events = Array.from({ length: 100 }, newEvent);
  const found = () => events.reduce((sum, event) => sum + matching(event).length, 0);
  return {
    check: () => found() === (count === 0 ? 0 : events.length),
    run: repeated(1_000, (n) => matching(events[n % events.length]!)),
  };
}
