import { expect, test } from 'vitest';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createReads } from '../../lib/stores/reads.ts';
import { createReplays } from '../../lib/stores/replay.ts';
import { record, status, useRigs } from './rig.ts';

const newRig = useRigs();

test('a replayed delivery is sent within a minute, delivered, and no longer listed', async () => {
  const rig = await newRig();
  const { clock, ledger } = rig;
  const ref = { tenant: 'acme', event: 'e1', destination: 'ops' };
  const replays = createReplays(ledger, clock);
  const reads = createReads(ledger, { readFanOuts: createFanOuts(ledger, clock).read });
  const listed = async () => (await reads.listOpen('acme', { limit: 10 })).items;

  rig.reply = () => status(400);
  await rig.run([record(['e1'])]);
  await rig.drain();
  while ((await rig.state('e1')) === 'retrying') {
    clock.ms += 60_000;
    await rig.runTimers();
    await rig.drain();
  }
  expect(await listed()).toMatchObject([{ state: 'dead' }]);

  clock.ms += 86_400_000;
  const replayedAt = clock.now();
  const { changedAt } = (await replays.find(ref))!;
  const ttl = () => clock.now() / 1_000 + 86_400;
  expect(await replays.start({ ref, seen: changedAt, channel: 'chat' }, ttl)).toEqual({ kind: 'written' });
  expect(await listed()).toMatchObject([{ state: 'retrying', attempt: 0 }]);

  rig.reply = () => ({ kind: 'reply', status: 200, headers: {}, body: '' });
  clock.ms = replayedAt + 60_000;
  rig.sent.length = 0;
  await rig.runTimers();
  await rig.drain(clock.now() + 60_000);
  await rig.runTimers();
  expect(rig.sent).toHaveLength(1);
  expect(await rig.state('e1')).toBe('delivered');
  expect(await listed()).toEqual([]);
});
