import { expect, test } from 'vitest';
import { startTwin } from '../../../cdk/local/twin/twin.ts';
import { createDirect } from '../../../load/driver/direct.ts';
import { createMaker } from '../../../load/driver/events.ts';
import { findScenario } from '../../../load/driver/find-scenario.ts';

test('a direct send of an event without an id is taken by its provider', async () => {
  const twin = await startTwin({ port: 0, quiet: true });
  const direct = createDirect(twin.url, Date.now);
  const [flow] = findScenario('L09').flows;
  const made = createMaker('run').events(flow!, Date.now());
  const reply = await direct.send(made);
  const inbox = await (await fetch(`${twin.url}/inbox.json`)).text();
  direct.close();
  await twin.close();

  expect(reply.status).toBe(200);
  expect(JSON.parse(inbox)).toMatchObject([
    { channel: 'webhook', destination: 'direct', verdict: 'accepted' },
  ]);
});
