import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startLocalStack } from '../cdk/local/local-stack.ts';
import { driver } from '../test/e2e/rig.ts';
import { paceOf } from './limiter/pace.ts';

/*
 * How close to a limit the whole local stack sends in real time: one mail account of 100/s, shared by ten
 * destinations, three processes that deliver. Judged at the mail server, by the time at which it has a mail.
 *
 *     node load/limiter-local.ts [--count 5000]
 */
const { values } = parseArgs({ options: { count: { type: 'string', default: '5000' } } });
const LIMIT = 100;
const DESTINATIONS = 10;
const WORKERS = 3;
const POST = 100;
const events = Number(values.count) / DESTINATIONS;

const dir = mkdtempSync(join(tmpdir(), 'fanfare-limiter-'));
const ids = Array.from({ length: DESTINATIONS }, (_, n) => `mail${n}`);
const settings = {
  via: 'smtp',
  smtpUrl: { secret: 'mail/server' },
  from: 'fanfare@example.com',
  to: 'team@example.com',
  perSecond: LIMIT,
};
const catalog = join(dir, 'catalog.json');
writeFileSync(
  catalog,
  JSON.stringify({
    destinations: ids.map((id) => ({ id, channel: 'email', settings })),
    routes: [{ id: 'all', topics: ['load'], destinations: ids }],
  }),
);

const stack = await startLocalStack({ memory: true, catalog, isolate: true, concurrency: WORKERS });
try {
  const user = driver(stack);
  for (let from = 0; from < events; from += POST) {
    const size = Math.min(POST, events - from);
    await user.post(
      '/v1/events',
      Array.from({ length: size }, (_, n) => ({ topic: 'load', data: { title: `${from + n}` } })),
    );
  }
  const wanted = events * DESTINATIONS;
  let inbox = await user.inbox('channel=email');
  for (let waited = 0; inbox.length < wanted && waited < 300; waited++) {
    await sleep(1_000);
    inbox = await user.inbox('channel=email');
  }
  const arrivals = inbox as unknown as readonly { readonly at: string; readonly verdict: string }[];
  const pace = paceOf(
    arrivals.map(({ at }) => ({ atMs: Date.parse(at) })),
    LIMIT,
  );
  const { functions } = await user.stats();
  console.table({
    arrived: `${inbox.length} of ${wanted}`,
    busiestSecond: pace.busiest,
    use: pace.use.toFixed(4),
    calls: Object.entries(functions)
      .filter(([label]) => label.startsWith('DeliverEmail'))
      .map(([, { calls }]) => calls)
      .join(),
  });
} finally {
  await stack.close();
  rmSync(dir, { recursive: true });
}
