import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EMPTY_CATALOG } from '../../lib/core/catalog.ts';
import type { Event } from '../../lib/core/event.ts';
import { MESSAGE_VERSION, parseDeliveryPack, parseEventPack } from '../../lib/core/message.ts';
import { parseDeliveryPackV1, parseEventPackV1 } from '../fixtures/messages/v1/reader.ts';
import { fannedOut, goldenMessages } from '../golden-messages.ts';
import { NOW, catalogOf, chatChannel, destination, toRecord, useRigs } from './rig.ts';

/*
 * Releases change while queues are full: messages of the release before meet the code of this one, and after a
 * rollback the other way round.
 */

const newRig = useRigs();
const ROOT = join(import.meta.dirname, '../fixtures/messages');

function filesOf(version: string): Map<string, string> {
  const names = readdirSync(join(ROOT, version)).filter((name) => name.endsWith('.json'));
  return new Map(
    names.map((name) => {
      const text = readFileSync(join(ROOT, version, name), 'utf8');
      // As it travels.
      return [name.replace('.json', ''), JSON.stringify(JSON.parse(text))];
    }),
  );
}

const v1 = filesOf('v1');
const isEvents = (name: string): boolean => name.startsWith('events');
const deliveries = [...v1.keys()].filter((name) => !isEvents(name));

describe('messages of the release before', () => {
  test.each([...v1])('are read as they were meant: %s', (name, body) => {
    const read = isEvents(name) ? parseEventPack(body) : parseDeliveryPack(body);
    expect(read).toEqual({ ok: true, message: JSON.parse(body) });
  });

  test.each(deliveries)('are delivered: %s', async (name) => {
    const rig = await newRig({ ...chatChannel(), retryMs: [1_000, 1_000, 1_000, 1_000, 1_000] });
    rig.catalog = catalogOf(destination('chat'), destination('hook'));
    const body = v1.get(name)!;
    const pack = JSON.parse(body) as { destination: string; items: { notification: { id: string } }[] };
    expect(await rig.run([toRecord(body)])).toEqual([]);
    await rig.drain();
    for (const { notification } of pack.items) {
      expect(await rig.state(notification.id, pack.destination)).toBe('delivered');
    }
    expect(rig.metrics.has('Malformed')).toBe(false);
  });

  test('events lead to the same deliveries as before', async () => {
    const fanned = await fannedOut(v1.get('events')!);
    expect(fanned).toEqual(
      deliveries.filter((name) => name.startsWith('deliveries')).map((name) => v1.get(name)),
    );
  });
});

describe('messages of this release', () => {
  test('are those on file: what is written may not change by accident', async () => {
    const now = await goldenMessages();
    expect(new Map(Object.entries(now))).toEqual(filesOf(`v${MESSAGE_VERSION}`));
  });

  test.each([
    ['atMostOnce', {}],
    ['exactlyOnceRecorded', {}],
    ['atLeastOnce', { claims: 'off' }],
  ] as const)('are read by the release before, whatever the topic says (%s, %j)', async (mode, more) => {
    const event: Event = {
      id: 'e1',
      topic: 'a',
      time: '2026-11-21T10:00:00.000Z',
      lane: 'normal',
      data: {},
      expiresAt: new Date(NOW + 60_000).toISOString(),
    };
    const events = JSON.stringify({ v: 1, kind: 'events', tenant: 'acme', pack: 'p', items: [event] });
    expect(parseEventPackV1(events)).toMatchObject({ ok: true });
    const catalog = {
      ...EMPTY_CATALOG,
      destinations: new Map([['chat', destination('chat')]]),
      routes: [{ id: 'r', order: 1, destinations: ['chat'] }],
      topics: [{ id: 't', topics: ['*'], mode, ...more }],
    };
    const fanned = await fannedOut(events, catalog);
    expect(fanned.map((body) => parseDeliveryPackV1(body))).toMatchObject([{ ok: true }]);
    expect(JSON.parse(fanned[0]!)).toMatchObject({
      items: [{ mode: 'claims' in more ? 'claimsOff' : mode, expiresAtMs: NOW + 60_000 }],
    });
  });

  test('carry on what a message brought that this release does not know', async () => {
    const rig = await newRig();
    rig.reply = () => ({ kind: 'reply', status: 503, headers: {}, body: '' });
    const pack = JSON.parse(v1.get('deliveries-1')!) as { items: object[] };
    const body = JSON.stringify({
      ...pack,
      destination: 'ops',
      items: [{ ...pack.items[0], colour: 'blue' }],
    });
    await rig.run([toRecord(body)]);
    expect(JSON.parse(rig.queue[0]!.message.body)).toMatchObject({ items: [{ n: 2, colour: 'blue' }] });
  });
});
