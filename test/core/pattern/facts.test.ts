import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { Layout } from '../../../lib/core/pattern/facts.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('the long names that a producer makes up are not kept', () => {
  const layout = new Layout();
  const slot = layout.slotOf(['data', 'host']);
  const used = () => {
    // A collection that was under way keeps what it had marked before.
    collectGarbage();
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = used();
  for (let at = 0; at < 500; at++) {
    const name = `${at}`.padEnd(100_000, 'x');
    const event: unknown = JSON.parse(`{"data":{"${name}":1,"host":"db1"}}`);
    expect(layout.factsOf(event).values[slot]).toEqual(['db1']);
  }
  // All of them would take 50 MB.
  expect(used() - before).toBeLessThan(25_000_000);
});
