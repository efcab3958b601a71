import { fork } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LEASE_MS, type Message, startDeliver } from './local-deliver.ts';

let deliver: Awaited<ReturnType<typeof startDeliver>>;
beforeAll(async () => {
  deliver = await startDeliver();
});
afterAll(() => deliver.stopAll());

/** A process works on a message, and is killed once a deadly event has arrived. Ids that come again, or its death. */
function work(Records: readonly Message[], deadly: string, aheadMs: number): Promise<string[] | 'killed'> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'deliver-once.ts'), { silent: true });
    deliver.receiver.onEvent = (event) => void (event === deadly && child.kill('SIGKILL'));
    child.once('message', (failed: string[]) => resolve(failed));
    child.once('exit', (code, signal) =>
      signal === 'SIGKILL' ? resolve('killed') : reject(new Error(`the process ended with ${code}`)),
    );
    child.send({ Records, aheadMs });
  });
}

test(
  'F32: a delivery that kills its process is dead after three of them, and those beside it arrive',
  { timeout: 60_000 },
  async () => {
    const messages = [deliver.message(), deliver.message(), deliver.message()];
    const [first, bad, last] = messages.map(({ event }) => event) as [string, string, string];
    const packs = messages.map(({ body }) => JSON.parse(body) as { readonly items: readonly object[] });
    const body = JSON.stringify({ ...packs[0], items: packs.flatMap(({ items }) => items) });
    let queue: Message[] = [{ ...messages[0]!, body }];
    let killed = 0;
    let rounds = 0;
    while (queue.length > 0) {
      expect(++rounds).toBeLessThan(12);
      const [message, ...others] = queue as [Message, ...Message[]];
      // What is not finished comes again when the lease of its worker is over.
      const failed = await work([message], bad, rounds * (LEASE_MS + 1_000));
      if (failed === 'killed') killed++;
      queue = [
        ...others,
        ...(failed === 'killed' || failed.length > 0 ? [message] : []),
        ...deliver.putBack(),
      ];
    }

    expect(killed).toBe(3);
    expect(deliver.received.filter((event) => event === bad)).toHaveLength(3);
    expect((await deliver.recorded(bad)).claim).toMatchObject({ state: 'dead', reason: 'poison' });
    expect((await deliver.recorded(bad)).attempts).toHaveLength(3);
    for (const event of [first, last]) {
      expect(deliver.received).toContain(event);
      const { claim, attempts } = await deliver.recorded(event);
      expect(['sending', 'delivered']).toContain(claim?.['state']);
      // Each arrival beyond the first is accounted for.
      const arrivals = deliver.received.filter((one) => one === event).length;
      expect(attempts.length).toBeGreaterThanOrEqual(arrivals - 1);
    }
  },
);
