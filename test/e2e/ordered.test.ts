import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SILENT_VIEW } from '../../cdk/local/console-view.ts';
import { type LocalStack, startLocalStack } from '../../cdk/local/local-stack.ts';
import { type Driver, PATIENT, type Received, TEST, driver } from './rig.ts';

const KEYS = Array.from({ length: 10 }, (_, n) => `order-${n}`);
const PER_KEY = 20;
const webhook = (id: string) => ({ id, channel: 'webhook', settings: { url: `\${TWIN_URL}/webhook/${id}` } });
const CATALOG = JSON.stringify({
  destinations: [webhook('shop'), webhook('stock')],
  topics: [{ id: 'orders', topics: ['orders.*'], ordered: true, orderingKey: 'data.order' }],
  routes: [
    { id: 'shop', topics: ['orders.shop'], destinations: ['shop'] },
    { id: 'stock', topics: ['orders.stock'], destinations: ['stock'] },
  ],
});

describe('a stack with ordered topics', TEST, () => {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-ordered-'));
  const denied: string[] = [];
  let stack: LocalStack;
  let user: Driver;
  beforeAll(async () => {
    const catalog = join(dir, 'catalog.json');
    writeFileSync(catalog, CATALOG);
    const cdkOut = join(dir, 'cdk.out');
    synthesise(cdkOut);
    const view = { ...SILENT_VIEW, denied: (...what: unknown[]) => void denied.push(what.join(' ')) };
    stack = await startLocalStack({ cdkOut, reuse: true, catalog, view });
    user = driver(stack);
  });
  afterAll(async () => {
    await stack?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const accepted = async (destination: string): Promise<string[]> =>
    (await user.inbox(`verdict=accepted&destination=${destination}`)).map(titleOf);

  test('200 events over ten keys arrive in the order of their key, each once, though some are refused', async () => {
    await user.behave('webhook', { status: 429, retryAfter: 1, failRate: 0.03 });
    for (let from = 0; from < PER_KEY; from += 5) {
      const numbers = [0, 1, 2, 3, 4].map((n) => from + n);
      const events = numbers.flatMap((n) => KEYS.map((order) => eventOf('orders.shop', order, n)));
      await user.post('/v1/events', events);
    }
    await expect.poll(() => accepted('shop'), { ...PATIENT, timeout: 100_000 }).toHaveLength(200);
    await user.behave('webhook', null);

    const got = await accepted('shop');
    for (const order of KEYS) {
      const expected = Array.from({ length: PER_KEY }, (_, n) => `${order} ${n}`);
      expect(got.filter((title) => title.startsWith(`${order} `))).toEqual(expected);
    }
    expect((await user.inbox('destination=shop')).length).toBeGreaterThan(200);
    expect(denied).toEqual([]);
  });

  test('a key that fails holds up what comes behind it, and no other key', async () => {
    await user.behave('webhook', { status: 500 });
    const [first = ''] = await user.post('/v1/events', eventOf('orders.stock', 'stuck', 0));
    await expect.poll(async () => (await user.delivery(first))?.state, PATIENT).toBe('retrying');
    await user.behave('webhook', null);
    await user.post('/v1/events', eventOf('orders.stock', 'stuck', 1));
    await user.post('/v1/events', eventOf('orders.stock', 'free', 0));

    await expect.poll(() => accepted('stock'), PATIENT).toHaveLength(3);
    const got = await accepted('stock');
    expect(got).toEqual(['free 0', 'stuck 0', 'stuck 1']);
    expect(await user.delivery(first)).toMatchObject({ state: 'delivered', attempt: 2 });
  });
});

/** The template with the setting; the bundles are those of the tests. */
function synthesise(outdir: string): void {
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { readonly context: object };
  const fanfare = { ordered: true, codeRoot: resolve('dist') };
  execFileSync(process.execPath, ['cdk/app.ts'], {
    env: {
      ...process.env,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, fanfare }),
      CDK_VALIDATION: 'false',
    },
  });
}

function eventOf(topic: string, order: string, n: number) {
  return { topic, data: { order, title: `${order} ${n}` } };
}

function titleOf({ body, raw }: Received): string {
  return (body as { readonly data?: { readonly title?: string } }).data?.title ?? raw;
}
