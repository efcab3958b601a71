import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ownScopeId } from '../../lib/channel.ts';
import { createLimits } from '../../lib/stores/limits.ts';
import { NOW, type Rig, startManage } from './manage-rig.ts';

let rig: Rig;
let key: string;
let tenant: string;
let count = 0;

beforeAll(async () => {
  rig = await startManage();
});
afterAll(() => rig.close());
beforeEach(async () => {
  tenant = `sending${count++}`;
  key = await rig.newKey(tenant);
});

const put = (path: string, body: object) => rig.ask(`PUT /v1/${path}`, { key, body });
async function route(destination: object): Promise<void> {
  await put('destinations/ops', destination);
  await put('routes/all', { destinations: ['ops'] });
}
const event = { topic: 'disk.full', severity: 'error', data: { title: 'Disk full', host: 'db1' } };
const iso = (ms: number) => new Date(ms).toISOString();

async function sending(at?: string): Promise<unknown> {
  const answer = await rig.ask('POST /v1/explain', { key, body: { event, ...(at && { at }) } });
  return (answer.body as { deliveries: unknown[] }).deliveries[0];
}

describe('what would be sent', () => {
  test('is what the channel builds, without its secrets', async () => {
    rig.secrets.set('pager', 'abcdefghijklmnopqrstuvwxyz012345');
    await route({ channel: 'pagerduty', settings: { routingKey: { secret: 'pager' } } });
    const shown = await sending();
    expect(shown).toMatchObject({
      state: 'pending',
      request: {
        transport: 'http',
        method: 'POST',
        url: 'https://events.pagerduty.com/[redacted]',
        body: { event_action: 'trigger', routing_key: '[redacted]', payload: { summary: 'Disk full' } },
      },
    });
    expect(JSON.stringify(shown)).not.toContain('abcdefghij');
  });

  test('of mail are its parts', async () => {
    rig.secrets.set('smtp', 'smtps://user:a-long-password@mail.example.com');
    const settings = {
      via: 'smtp',
      smtpUrl: { secret: 'smtp' },
      from: 'fanfare@example.com',
      to: 'ops@example.com',
    };
    await route({ channel: 'email', settings });
    const shown = await sending();
    expect(shown).toMatchObject({
      request: { transport: 'smtp', to: 'ops@example.com', subject: expect.stringContaining('Disk full') },
    });
    expect(JSON.stringify(shown)).not.toContain('a-long-password');
  });

  test('is nothing while a secret has no value, and the answer says which', async () => {
    await route({ channel: 'pagerduty', settings: { routingKey: { secret: 'none' } } });
    const shown = await sending();
    expect(shown).toMatchObject({ state: 'pending', fault: 'routingKey the secret none has no value' });
    expect(shown).not.toHaveProperty('request');
  });
});

describe('when it would be sent', () => {
  const limits = () => createLimits(rig.limits, { now: () => NOW });
  beforeEach(() => route({ channel: 'webhook', settings: { url: 'https://example.com/x' } }));

  test('is now where nothing stands before it', async () => {
    expect(await sending()).toMatchObject({ expectedAt: iso(NOW) });
  });

  test('is after a push of any scope, shared limits included', async () => {
    await put('limits/all', { rate: { limit: 1, perMs: 1_000 } });
    await limits().push({ tenant, id: 'limit:all' }, NOW + 30_000);
    expect(await sending()).toMatchObject({ expectedAt: iso(NOW + 30_000) });
    expect(await sending(iso(NOW + 60_000))).toMatchObject({ expectedAt: iso(NOW + 60_000) });
  });

  test('is not before an open circuit lets a probe pass', async () => {
    await limits().report({ tenant, id: ownScopeId('ops') }, 0, 90);
    expect(await sending()).toMatchObject({ expectedAt: iso(NOW + 30_000) });
  });
});

describe('how much is sent', () => {
  const text = 'word '.repeat(2_000);
  const long = (more: string) => ({ ...event, data: { title: 'Disk full', text: `${text}${more}` } });
  const shownOf = async (body: object) => {
    const answer = await rig.ask('POST /v1/explain', { key, body: { event: body } });
    const [one] = (answer.body as { deliveries: { request: { body: unknown }; size: object }[] }).deliveries;
    return { ...one!, bytes: Buffer.byteLength(JSON.stringify(one!.request.body)) };
  };

  test('is all of it: every section that a text is split into', async () => {
    rig.secrets.set('hook', 'https://hooks.slack.com/services/T0/B0/abcdefgh');
    await route({ channel: 'slack', settings: { webhookUrl: { secret: 'hook' } } });
    const { request, size, bytes } = await shownOf(long(''));
    const { blocks } = request.body as { blocks: { type: string; text: { text: string } }[] };
    const sections = blocks.filter(({ type }) => type === 'section').map((one) => one.text.text);
    expect(sections.length).toBeGreaterThan(2);
    expect(sections.join(' ').replaceAll(/\s+/g, ' ').trim()).toBe(text.trim());
    expect(size).toEqual({ bytes, budget: { max: expect.any(Number), unit: 'utf16' }, cut: false });
  });

  test('says when the end of a text does not fit', async () => {
    rig.secrets.set('bot', '1:abcdef');
    await route({ channel: 'telegram', settings: { token: { secret: 'bot' }, chatId: '7' } });
    expect(await shownOf(long('the end'))).toMatchObject({ size: { cut: true, budget: { max: 4_096 } } });
    expect(await shownOf(event)).toMatchObject({ size: { cut: false } });
  });
});

describe('what would be told with others', () => {
  const limits = () => createLimits(rig.limits, { now: () => NOW });
  const scope = () => ({ tenant, id: ownScopeId('ops') });
  const discord = { channel: 'discord', settings: { webhookUrl: { secret: 'discord' } } };
  beforeEach(() => void rig.secrets.set('discord', 'https://discord.com/api/webhooks/12/abc'));

  test('is what finds the line of a chat longer than a minute', async () => {
    await route(discord);
    await limits().push(scope(), NOW + 60_000);
    expect(await sending()).not.toHaveProperty('merges');
    await limits().push(scope(), NOW + 61_000);
    expect(await sending()).toMatchObject({ state: 'pending', merges: true });
    expect(await sending(iso(NOW + 2_000))).not.toHaveProperty('merges');
  });

  test('is nothing where the destination wants none of it', async () => {
    await route({ ...discord, merge: false });
    await limits().push(scope(), NOW + 90_000);
    expect(await sending()).not.toHaveProperty('merges');
  });

  test('is nothing behind an open circuit', async () => {
    await route(discord);
    await limits().push(scope(), NOW + 90_000);
    expect(await sending()).toHaveProperty('merges');
    await limits().report(scope(), 0, 90);
    expect(await sending()).not.toHaveProperty('merges');
  });
});
