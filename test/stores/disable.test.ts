import { expect, test } from 'vitest';
import { goneNotice } from '../../lib/core/gone-notice.ts';
import { parseEventPack } from '../../lib/core/message.ts';
import { createGoneAnnouncer } from '../../lib/pipeline/deliver/announce-gone.ts';
import { createCatalogWriter } from '../../lib/stores/catalog-writer.ts';
import { type Person, personalDestination } from '../../lib/core/recipient.ts';
import { disableAddress, disableDestination } from '../../lib/stores/disable.ts';
import { createRecipientWriter } from '../../lib/stores/recipients.ts';
import { NOW, describeOnEngines } from './engines.ts';

describeOnEngines('a destination that is gone', (store) => {
  const slack = { channel: 'slack', settings: { webhookUrl: { secret: 'a' } }, enabled: true };
  let tenants = 0;

  async function found(fails = false) {
    const tenant = `gone${tenants++}`;
    const writer = createCatalogWriter(store().catalog);
    await writer.put(tenant, 'destination', 'ops', slack, undefined);
    const events: { readonly body: string; readonly wasEnabled: boolean }[] = [];
    const announce = createGoneAnnouncer({
      events: 'events',
      now: () => NOW,
      async enqueue(queue, messages) {
        const entry = await writer.find(tenant, 'destination', 'ops');
        const wasEnabled = entry?.kind === 'destination' && entry.body.enabled;
        expect(queue).toBe('events');
        for (const { body } of messages) events.push({ body, wasEnabled });
        return { failed: fails ? [0] : [] };
      },
    });
    const disable = () => disableDestination(tenant, 'ops', 'gone', { writer, announce });
    const entry = () => writer.find(tenant, 'destination', 'ops');
    return { tenant, disable, entry, events };
  }

  test('is switched off, and its tenant told before', async () => {
    const { tenant, disable, entry, events } = await found();
    await disable();
    expect(await entry()).toMatchObject({ body: { enabled: false, disabledReason: 'gone' } });
    expect(events.map(({ wasEnabled }) => wasEnabled)).toEqual([true]);
    expect(parseEventPack(events[0]?.body)).toMatchObject({
      ok: true,
      message: { tenant, items: [{ topic: 'fanfare.destination.gone', subject: 'ops' }] },
    });
  });

  test('is told of once, however many workers find out', async () => {
    const { disable, events } = await found();
    await Promise.all([disable(), disable(), disable()]);
    await disable();
    expect(new Set(events.map(({ body }) => body)).size).toBe(1);
    const before = events.length;
    await disable();
    expect(events).toHaveLength(before);
  });

  test('stays on while nobody can be told, so that the next refusal tells', async () => {
    const { disable, entry } = await found(true);
    await expect(disable()).rejects.toThrow('cannot be enqueued');
    expect(await entry()).toMatchObject({ body: { enabled: true } });
  });
});

describeOnEngines('an address of a person that is gone', (store) => {
  const settings = (to: string) => ({ through: 'mail', settings: { to } });
  const person = { id: 'alice', destinations: ['ops', settings('a@example.com')], inbox: true };

  test('is marked, and its tenant told before', async () => {
    const writer = createCatalogWriter(store().catalog);
    const people = createRecipientWriter(store().catalog);
    const mail = { channel: 'email', settings: { to: 'b@example.com' }, enabled: true };
    await writer.put('gone', 'destination', 'mail', mail, undefined);
    await people.put('gone', person, undefined);
    const told: unknown[] = [];
    const announce = async (tenant: string, gone: { readonly id: string }) => {
      const stored = await people.find(tenant, 'alice');
      told.push([gone.id, stored?.recipient]);
    };
    const disable = () => disableAddress('gone', 'alice.mail', { writer, people, announce });
    await disable();
    await disable();
    expect(told).toEqual([['alice.mail', person]]);
    const { recipient } = (await people.find('gone', 'alice')) ?? {};
    const marked = { ...settings('a@example.com'), gone: true };
    expect(recipient).toEqual({ ...person, destinations: ['ops', marked] });
    expect(await writer.find('gone', 'destination', 'mail')).toMatchObject({ body: { enabled: true } });
    const { channel, ...rest } = mail;
    const base = { id: 'mail', channel, ...rest };
    expect(personalDestination(recipient as Person, base)).toMatchObject({
      enabled: false,
      disabledReason: 'gone',
    });
  });

  test('of nobody is no address', async () => {
    const writer = createCatalogWriter(store().catalog);
    const people = createRecipientWriter(store().catalog);
    const announce = async () => expect.unreachable();
    await disableAddress('gone', 'ghost.mail', { writer, people, announce });
  });
});

test('one that was repaired, and is gone again, is told of again', () => {
  const gone = { tenant: 'acme', id: 'ops', channel: 'slack', etag: 'e' };
  const idOf = (atMs: number, etag = 'e') => goneNotice({ ...gone, etag }, atMs).pack;
  expect(idOf(NOW)).toBe(idOf(NOW + 60_000));
  expect(idOf(NOW)).not.toBe(idOf(NOW + 3_600_000));
  expect(idOf(NOW)).not.toBe(idOf(NOW, 'f'));
});
