import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApiClient } from '../../../cdk/cli/api-client.ts';
import { postAll, testEvent } from '../../../cdk/cli/post-events.ts';
import { processTerminal } from '../../../cdk/cli/terminal.ts';
import { startLocalStack } from '../../../cdk/local/local-stack.ts';
import type { Bench, Opened } from '../bench.ts';

const CATALOG = join(import.meta.dirname, '../../../test/fixtures/catalog.load.yaml');
const EVENTS = 200;
const PER_EVENT = 3;
const GIVE_UP_MS = 120_000;
/** So slow is the receiver where concurrency is what matters. */
const SLOW_MS = 50;

/** The whole way on the local stack: posted, routed, claimed, sent, arrived. */
export const e2e: readonly Bench[] = [
  {
    name: 'e2e/throughput',
    rows: 'B12',
    about:
      'a delivery, from the post of its event to its arrival; at most 10 invocations of a function at a time',
    seed: '10.0 ms an item with 10 workers, which is 100/s',
    flaw: 'each worker takes one item in a tick of 100 ms',
    open: () => openStack({ concurrency: 10, delayMs: 0 }),
  },
  ...[1, 5, 10, 20].map((concurrency): Bench => ({
    name: `e2e/concurrency/${concurrency}`,
    rows: 'B16',
    about: `the same with at most ${concurrency} at a time, to receivers that take ${SLOW_MS} ms`,
    seed: `${{ 1: '100.5', 5: '20.0', 10: '10.0', 20: '5.0' }[concurrency]} ms an item`,
    flaw: 'as e2e/throughput',
    open: () => openStack({ concurrency, delayMs: SLOW_MS }),
  })),
];

async function openStack({
  concurrency,
  delayMs,
}: {
  concurrency: number;
  delayMs: number;
}): Promise<Opened> {
  const stack = await startLocalStack({ memory: true, catalog: CATALOG, concurrency });
  if (delayMs > 0)
    await fetch(`${stack.twinUrl}/behaviour/webhook`, { method: 'PUT', body: JSON.stringify({ delayMs }) });
  const call = createApiClient(stack);
  const terminal = { ...processTerminal(), progress: () => undefined };

  async function arrived(): Promise<number> {
    const reply = await fetch(`${stack.twinUrl}/inbox.json?last=1`);
    await reply.arrayBuffer();
    return Number(reply.headers.get('x-inbox-total'));
  }

  async function run(): Promise<number> {
    const wanted = (await arrived()) + EVENTS * PER_EVENT;
    const name = `b${randomBytes(8).toString('hex')}`;
    const events = Array.from({ length: EVENTS }, (_, n) => testEvent(name, n, 'fanfare.send'));
    await postAll(call, events, 100, terminal);
    const until = performance.now() + GIVE_UP_MS;
    while ((await arrived()) < wanted) {
      if (performance.now() > until) throw new Error('not everything has arrived');
      await sleep(10);
    }
    return EVENTS * PER_EVENT;
  }

  const check = async () => (await run()) === EVENTS * PER_EVENT;
  return { cases: { '': { waits: true, crowded: true, check, run } }, close: stack.close };
}
