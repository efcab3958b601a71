import { describe, expect, test } from 'vitest';
import type { DeliverDeps } from '../../lib/pipeline/deliver.ts';
import { createOpener } from '../../lib/pipeline/deliver/open.ts';
import { createSecrets } from '../../lib/platform/secrets.ts';
import { resolveSettings } from '../../lib/settings.ts';
import { NOW, catalogOf, destination, packOf, record, useRigs } from './rig.ts';

const newRig = useRigs();
type Rig = Awaited<ReturnType<typeof newRig>>;

const HOUR = 3_600_000;
const SECRET = { url: { secret: 'chat/ops' } };

/** Destinations whose secrets come from a source that the test switches on and off. */
function withSecrets(rig: Rig, values: Readonly<Record<string, string>>) {
  rig.catalog = catalogOf(destination('ops', { settings: SECRET }), destination('dev'));
  const source = { down: false };
  const { get } = createSecrets({
    load: async (names) => {
      if (source.down) throw new Error('SSM does not answer');
      return new Map(names.flatMap((name) => (name in values ? [[name, values[name] ?? '']] : [])));
    },
    now: rig.clock.now,
  });
  const open = createOpener({
    secrets: (_, names) => get(names),
    resolve: (channel, settings, known) => resolveSettings(channel, settings, known, { localHosts: [] }),
    now: rig.clock.now,
  });
  return { source, deps: { open } satisfies Partial<DeliverDeps> };
}

const noCatalog: Partial<DeliverDeps> = { catalog: () => Promise.reject(new Error('no table')) };

describe('while secrets cannot be looked up', () => {
  test('a delivery waits in the queue, unclaimed, and nobody else does', async () => {
    const rig = await newRig();
    const { source, deps } = withSecrets(rig, { 'chat/ops': 'https://ops.example/' });
    source.down = true;
    expect(await rig.run([record(['e1', 'e2']), record(['e3'], { destination: 'dev' })], deps)).toEqual([]);
    expect(rig.queue).toMatchObject([{ queue: 'own', message: { delaySeconds: 31 } }]);
    expect(rig.queue.map(packOf)).toMatchObject([{ hops: 1, items: [{ n: 1 }, { n: 1 }] }]);
    expect(await rig.state('e1')).toBe('none');
    expect(rig.sent.map(({ event }) => event)).toEqual(['e3']);
    expect(rig.lines).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'destination cannot be looked up' }),
    );
    expect(rig.metrics.get('Deferred')).toBe(2);
  });

  test('an outage of an hour costs no attempt and no receive', async () => {
    const rig = await newRig();
    const { source, deps } = withSecrets(rig, { 'chat/ops': 'https://ops.example/' });
    source.down = true;
    await rig.run([record(['e1'])], deps);
    await rig.drain(NOW + HOUR, deps);
    expect(rig.extended).toEqual([]);
    expect(packOf(rig.queue[0]!)).toMatchObject({ hops: 117, items: [{ n: 1, since: NOW }] });

    source.down = false;
    await rig.drain(NOW + 2 * HOUR, deps);
    expect(await rig.state('e1')).toBe('delivered');
    expect(await rig.attempts('e1')).toEqual([]);
    expect(rig.sent).toHaveLength(1);
  });

  test('a delivery is left in its message when it cannot be put back either', async () => {
    const rig = await newRig();
    const { source, deps } = withSecrets(rig, { 'chat/ops': 'https://ops.example/' });
    source.down = true;
    const message = record(['e1']);
    const enqueue = () => Promise.reject(new Error('no queue'));
    expect(await rig.run([message], { ...deps, enqueue })).toEqual([message.messageId]);
    expect(rig.extended).toEqual([{ receiptHandle: message.receiptHandle, seconds: 11 }]);
    expect(await rig.state('e1')).toBe('none');
  });

  test('a secret that the source does not have is a failed attempt', async () => {
    const rig = await newRig();
    const { deps } = withSecrets(rig, {});
    expect(await rig.run([record(['e1'])], deps)).toEqual([]);
    expect(await rig.attempts('e1')).toMatchObject([{ n: 1, reason: 'settings' }]);
    expect(await rig.state('e1')).toBe('retrying');
    expect(rig.queue.map(packOf)).toMatchObject([{ items: [{ n: 2 }] }]);
  });
});

describe('while the catalog cannot be read', () => {
  test('deliveries wait in the queue and are sent afterwards', async () => {
    const rig = await newRig();
    expect(await rig.run([record(['e1'], { n: 2 }), record(['e2'], { lane: 'urgent' })], noCatalog)).toEqual(
      [],
    );
    expect(rig.queue.map(({ message }) => message.delaySeconds)).toEqual([31, 30]);
    expect(rig.calls).not.toContain('claim');
    await rig.drain();
    expect([await rig.state('e1'), await rig.state('e2')]).toEqual(['delivered', 'delivered']);
  });

  test('an appointment further away stands', async () => {
    const rig = await newRig();
    await rig.run([record(['e1'], { notBefore: NOW + HOUR })], noCatalog);
    expect(packOf(rig.queue[0]!).notBefore).toBeGreaterThanOrEqual(NOW + HOUR);
    await rig.drain();
    expect(rig.sent[0]!.atMs).toBeGreaterThanOrEqual(NOW + HOUR);
  });

  test('what went round too often is given up', async () => {
    const rig = await newRig();
    expect(await rig.run([record(['e1'], { hops: 10_001 })], noCatalog)).toEqual([]);
    expect(rig.queue).toEqual([]);
    expect(await rig.state('e1')).toBe('dead');
  });
});
