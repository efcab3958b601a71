import { describe, expect, test } from 'vitest';
import { readPermission } from '../../lib/core/handshake.ts';
import { NOW, type Rig, catalogOf, chatChannel, destination, ok, record, status, useRigs } from './rig.ts';

const newRig = useRigs();
const ORIGIN = 'fanfare.example.com';
const DAY_MS = 86_400_000;

const asking = chatChannel({
  handshake: ({ url }) => ({
    request: { transport: 'http', method: 'OPTIONS', url, headers: {}, body: '' },
    read: ({ headers }) => readPermission(headers, ORIGIN),
  }),
});
const yes = (rate?: string) =>
  status(200, {
    'webhook-allowed-origin': ORIGIN,
    ...(rate !== undefined && { 'webhook-allowed-rate': rate }),
  });

async function rigThatAnswers(answer: Rig['consent']): Promise<Rig> {
  const rig = await newRig(asking);
  rig.consent = answer;
  return rig;
}

describe('a destination that is to be asked', () => {
  test('hears nothing before it has consented, and is asked once, by all workers together', async () => {
    const rig = await rigThatAnswers(() => {
      expect(rig.sent).toEqual([]);
      return yes();
    });
    await rig.run([record(['e1', 'e2'])]);
    await rig.run([record(['e3'])]);
    expect(rig.asked).toEqual(['ops']);
    expect(rig.sent.map(({ event }) => event)).toEqual(['e1', 'e2', 'e3']);
  });

  test('is asked again after a day, and when its URL is another', async () => {
    const rig = await rigThatAnswers(() => yes());
    await rig.run([record(['e1'])]);
    rig.catalog = catalogOf(destination('ops', { settings: { url: 'https://other.example/' } }));
    await rig.run([record(['e2'])]);
    rig.clock.ms = NOW + DAY_MS + 1_000;
    await rig.run([record(['e3'], { since: rig.clock.ms })]);
    expect(rig.asked).toEqual(['ops', 'other', 'other']);
    expect(rig.sent).toHaveLength(3);
  });

  test.each([
    ['says nothing of it', ok, 'settings'],
    ['allows somebody else', status(200, { 'webhook-allowed-origin': 'example.com' }), 'settings'],
    ['is broken', status(503), 'serverError'],
    [
      'does not answer',
      { kind: 'failure', reason: 'timeout', started: true, detail: '' } as const,
      'timeout',
    ],
  ])('that %s gets nothing, and its deliveries come again on their schedule', async (_, answer, reason) => {
    const rig = await rigThatAnswers(() => answer);
    expect(await rig.run([record(['e1']), record(['e2'])])).toEqual([]);
    expect(rig.sent).toEqual([]);
    expect(await rig.state('e1')).toBe('retrying');
    expect(await rig.attempts('e1')).toMatchObject([{ n: 1, outcome: 'retry', reason }]);
    expect(JSON.stringify(await rig.attempts('e1'))).toContain('did not consent');
    await rig.run([record(['e3'])]);
    expect(rig.asked).toEqual(['ops']);
    rig.consent = () => yes();
    await rig.drain();
    expect(rig.asked).toEqual(['ops', 'ops']);
    expect(rig.sent.map(({ event }) => event).toSorted()).toEqual(['e1', 'e2', 'e3']);
  });

  test('that asks for a pause gets one, and no attempt is used up', async () => {
    const rig = await rigThatAnswers(() => status(429, { 'retry-after': '90' }));
    await rig.run([record(['e1'])]);
    expect(rig.queue.map(({ message }) => message.delaySeconds)).toEqual([90]);
    rig.consent = () => yes();
    await rig.drain();
    expect(rig.sent.map(({ atMs }) => atMs - NOW)).toEqual([90_000]);
  });

  test('has the rate that it allows', async () => {
    const rig = await rigThatAnswers(() => yes('60'));
    const limits = rig.newLimits();
    await rig.run([record(['e1', 'e2', 'e3'])], { limits });
    expect(rig.sent).toHaveLength(1);
    await rig.drain(undefined, { limits });
    const times = rig.sent.map(({ atMs }) => atMs);
    expect(times).toHaveLength(3);
    expect(Math.min(...times.slice(1).map((at, n) => at - times[n]!))).toBeGreaterThan(1_000);
  });

  test('is not bothered while its breaker is open, and gets nothing unasked when it closes', async () => {
    const rig = await rigThatAnswers(() => yes());
    const limits = rig.newLimits();
    const scope = { tenant: 'acme', id: 'destination:ops' };
    await limits.report(scope, 0, 25);
    await rig.run([record(['e1'])]);
    expect([rig.asked, rig.sent]).toEqual([[], []]);
    await rig.drain();
    expect(rig.asked).toEqual(['ops']);
    expect(await rig.state('e1')).toBe('delivered');
  });

  test('holds nobody else up', async () => {
    const rig = await newRig(
      chatChannel({
        handshake: ({ url }) =>
          url.includes('ops')
            ? {
                request: { transport: 'http', method: 'OPTIONS', url, headers: {}, body: '' },
                read: () => ({ granted: false, detail: 'no' }),
              }
            : undefined,
      }),
    );
    await rig.run([record(['e1']), record(['e1'], { destination: 'dev' })]);
    expect(rig.asked).toEqual(['ops']);
    expect(rig.sent.map(({ destination: to }) => to)).toEqual(['dev']);
  });

  test('whose answer cannot be written down gets nothing, and its message comes again', async () => {
    const rig = await rigThatAnswers(() => yes());
    const limits = { ...rig.newLimits(), consent: () => Promise.reject(new Error('throttled')) };
    const message = record(['e1']);
    expect(await rig.run([message], { limits })).toEqual([message.messageId]);
    expect(rig.sent).toEqual([]);
  });
});
