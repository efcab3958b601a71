import { ownScopeId } from '../../lib/channel.ts';
import type { Alert } from '../../lib/core/alert.ts';
import type { Reply } from '../../lib/core/outcome.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createLimits } from '../../lib/stores/limits.ts';
import { createTallies } from '../../lib/stores/tallies.ts';
import { NOW, type Rig } from '../functions/manage-rig.ts';
import { type Product, productOn } from '../functions/product.ts';

/** What a case stands on: a tenant of its own with a destination `ops`, and routes as the case wants them. */
export interface World {
  readonly rig: Rig;
  readonly tenant: string;
  readonly put: (path: string, body: object) => Promise<void>;
  readonly post: (path: string, body: object) => Promise<void>;
  /** The functions of the product, some minutes ago. */
  readonly product: () => Product;
}

type Question = {
  readonly event?: object;
  readonly eventId?: string;
  readonly for?: string;
  readonly at?: string;
};

/** Brings about what people ask about, and says what they would send to `POST /v1/explain`. */
type Case = (world: World) => Promise<Question>;

export const HOOK = { channel: 'webhook', settings: { url: 'https://example.com/x' } };
export const iso = (ms: number): string => new Date(ms).toISOString();
const MINUTE = 60_000;

const disk = { id: 'e1', topic: 'disk.full', severity: 'error', data: { title: 'Disk full', host: 'db1' } };
const asked: Question = { event: disk, for: 'ops' };
const routed = (world: World, more: object = {}): Promise<void> =>
  world.put('routes/disks', { order: 1, topics: ['disk.*'], destinations: ['ops'], ...more });
const answering = (status: number, body: string): Reply => ({ kind: 'reply', status, headers: {}, body });

/** Posts the event some minutes ago and lets the product work until now. */
async function posted(
  world: World,
  prepare: (product: Product) => void = () => undefined,
  event: object = disk,
) {
  const product = world.product();
  prepare(product);
  const eventId = await product.post(world.tenant, event);
  await product.drain(NOW);
  return { eventId, for: 'ops' };
}

/** Of an event that has not been posted: what would happen. */
export const BEFORE: Readonly<Record<string, Case>> = {
  'Why does nobody get it?': async (world) => {
    await routed(world, { when: 'severity >= "critical"' });
    return { event: disk };
  },
  'Why does my route not see it?': async (world) => {
    await routed(world, { topics: ['disks.*'] });
    return asked;
  },
  'Why did the other team get it, and we did not?': async (world) => {
    await world.put('destinations/dba', HOOK);
    await world.put('routes/databases', { order: 1, when: 'data.host == "db1"', destinations: ['dba'] });
    await routed(world, { order: 2 });
    return asked;
  },
  'Why did it go past my route to somebody it names?': async (world) => {
    await world.put('destinations/dba', HOOK);
    await world.put('recipients/ada', { destinations: ['dba'] });
    await routed(world);
    return { ...asked, event: { ...disk, recipients: ['ada'] } };
  },
  'Does anything lead to me at all?': async (world) => {
    await world.put('destinations/dba', HOOK);
    await world.put('routes/all', { order: 1, destinations: ['dba'] });
    return asked;
  },
  'Is it silenced?': async (world) => {
    await routed(world);
    await world.post('silences', { id: 'works', topics: ['disk.*'], endsAt: iso(NOW + MINUTE), reason: 'x' });
    return asked;
  },
  'Why is my route quiet on Sundays?': async (world) => {
    await routed(world, { mute: [{ days: ['sun'], zone: 'UTC' }] });
    return { ...asked, at: '2026-11-22T12:00:00Z' };
  },
  'Why is this alert not told while another fires?': async (world) => {
    await routed(world);
    await world.put('inhibitions/host-down', {
      source: { when: 'data.labels.alertname == "HostDown"' },
      target: { topics: ['disk.*'] },
    });
    const alert: Alert = {
      source: 'prometheus',
      name: 'HostDown',
      status: 'firing',
      labels: { alertname: 'HostDown' },
      annotations: {},
      fingerprint: 'host-down',
      startsAtMs: NOW - MINUTE,
    };
    const next = { alert, untilMs: NOW + MINUTE, at: NOW - MINUTE };
    await createEvents(world.rig.ledger).write(world.tenant, [{ kind: 'alert', next, seen: undefined }]);
    return asked;
  },
  'Why do I get it only in the morning?': async (world) => {
    await world.put('destinations/ops', {
      ...HOOK,
      quietHours: { from: '08:00', to: '12:00', zone: 'UTC' },
    });
    await routed(world);
    return asked;
  },
  'Why does the digest take so long?': async (world) => {
    await routed(world, { digest: { everyMs: 3_600_000 } });
    return asked;
  },
  'Why does an alert wait half a minute?': async (world) => {
    await routed(world, { group: { by: ['data.host'] } });
    return asked;
  },
  'I had this one already, where is the second?': async (world) => {
    await routed(world);
    await world.put('topics/disks', { topics: ['disk.*'], dedupeMs: 3_600_000, dedupeBy: 'data.host' });
    await posted(world, undefined, { ...disk, id: 'e0' });
    return asked;
  },
  'Has my destination had enough?': async (world) => {
    await world.put('destinations/ops', { ...HOOK, cap: { max: 1, perMs: 60_000 } });
    await routed(world);
    const tally = new Map([['', [{ event: 'e0', at: NOW }]]]);
    await createTallies(world.rig.ledger).write([
      { tenant: world.tenant, name: 'cap#ops', seen: 0, tally, ttl: 2e9 },
    ]);
    return asked;
  },
  'Has Ada unsubscribed?': async (world) => {
    await world.put('recipients/ada', { destinations: ['ops'], inbox: true, unsubscribed: ['disk.*'] });
    await world.put('routes/disks', { order: 1, topics: ['disk.*'], recipients: ['ada'] });
    return asked;
  },
  'Why does Ada see it in her inbox, and get no message?': async (world) => {
    const preferences = [{ topics: ['disk.*'], channels: { webhook: false } }];
    await world.put('recipients/ada', { destinations: ['ops'], inbox: true, preferences });
    await world.put('routes/disks', { order: 1, topics: ['disk.*'], recipients: ['ada'] });
    return { ...asked, for: 'ada' };
  },
  'Is my destination switched off?': async (world) => {
    await world.put('destinations/ops', { ...HOOK, enabled: false });
    await routed(world);
    return asked;
  },
  'Who has paused this?': async (world) => {
    await routed(world);
    await world.post('pauses', { channel: 'webhook', reason: 'moving' });
    return asked;
  },
  'Why is nothing sent though all looks well?': async (world) => {
    await routed(world);
    const limits = createLimits(world.rig.limits, { now: () => NOW });
    await limits.report({ tenant: world.tenant, id: ownScopeId('ops') }, 0, 90);
    return asked;
  },
  'How long is the line before it?': async (world) => {
    await world.put('limits/all', { rate: { limit: 1, perMs: 1_000 } });
    await routed(world);
    const limits = createLimits(world.rig.limits, { now: () => NOW });
    await limits.push({ tenant: world.tenant, id: 'limit:all' }, NOW + 90_000);
    return asked;
  },
  'Why is it told in one message with others?': async (world) => {
    world.rig.secrets.set('discord', 'https://discord.com/api/webhooks/12/abc');
    await world.put('destinations/ops', {
      channel: 'discord',
      settings: { webhookUrl: { secret: 'discord' } },
    });
    await routed(world);
    const limits = createLimits(world.rig.limits, { now: () => NOW });
    await limits.push({ tenant: world.tenant, id: ownScopeId('ops') }, NOW + 90_000);
    return asked;
  },
  'Is a secret missing?': async (world) => {
    await world.put('destinations/ops', {
      channel: 'pagerduty',
      settings: { routingKey: { secret: 'pager' } },
    });
    await routed(world);
    return asked;
  },
  'Was it too late?': async (world) => {
    await routed(world);
    return { ...asked, event: { ...disk, expiresAt: iso(NOW + MINUTE) }, at: iso(NOW + 2 * MINUTE) };
  },
};

const alert = (status: string, at: number, id: string) => ({
  id,
  topic: 'disk.full',
  time: iso(at),
  dedupeKey: 'disk-db1',
  data: { title: 'Disk full', status, startsAt: iso(at) },
});

/** Nobody knows whether it arrived. */
const SILENT: Reply = { kind: 'failure', reason: 'timeout', started: true, detail: 'no answer in time' };

async function onSlack(world: World, more: object = {}): Promise<Product> {
  world.rig.secrets.set('bot', 'xoxb-1-a');
  const settings = { token: { secret: 'bot' }, channel: '#ops' };
  await world.put('destinations/ops', { channel: 'slack', settings, ...more });
  await routed(world);
  const product = world.product();
  product.reply = answering(200, '{"ok":true,"channel":"C1","ts":"17.5"}');
  return product;
}

/** Of an event that was posted: what happened. */
export const AFTER: Readonly<Record<string, Case>> = {
  'Did I get it, and when?': async (world) => {
    await routed(world);
    return await posted(world);
  },
  'Why did nobody hear of it?': async (world) => {
    await routed(world, { topics: ['cpu.*'] });
    return await posted(world);
  },
  'Who had silenced it last night?': async (world) => {
    await routed(world);
    const works = { id: 'works', topics: ['disk.*'], startsAt: iso(NOW - 60 * MINUTE) };
    await world.post('silences', { ...works, endsAt: iso(NOW + MINUTE), reason: 'new disks' });
    const question = await posted(world);
    await world.rig.ask('DELETE /v1/silences/works', { key: await world.rig.newKey(world.tenant) });
    return question;
  },
  'Why did I never get it?': async (world) => {
    await routed(world);
    return await posted(world, (product) => (product.reply = answering(401, 'unknown token')));
  },
  'Why do I not have it yet?': async (world) => {
    await routed(world);
    return await posted(world, (product) => {
      product.clock.ms = NOW - 1_000;
      product.reply = answering(503, 'try later');
    });
  },
  'Why did I get it twice?': async (world) => {
    const product = await onSlack(world);
    const { reply } = product;
    product.reply = SILENT;
    const eventId = await product.post(world.tenant, disk);
    await product.drain();
    product.reply = reply;
    await product.drain(NOW);
    return { eventId, for: 'ops' };
  },
  'Why is it held though nothing is paused?': async (world) => {
    const product = await onSlack(world, { maybe: 'hold' });
    product.reply = SILENT;
    const eventId = await product.post(world.tenant, disk);
    await product.drain(NOW);
    return { eventId, for: 'ops' };
  },
  'Why does it stop at my address?': async (world) => {
    await routed(world);
    return await posted(world, (product) => (product.reply = answering(410, 'gone')));
  },
  'Where is what I scheduled?': async (world) => {
    await routed(world);
    return await posted(world, undefined, { ...disk, scheduledAt: iso(NOW + 60 * MINUTE) });
  },
  'What became of what I scheduled?': async (world) => {
    await routed(world);
    const question = await posted(world, undefined, { ...disk, scheduledAt: iso(NOW + 60 * MINUTE) });
    const key = await world.rig.newKey(world.tenant);
    await world.rig.ask(`DELETE /v1/events/${question.eventId}`, { key });
    return question;
  },
  'Why does an order hang?': async (world) => {
    await world.put('topics/disks', { topics: ['disk.*'], ordered: true, orderingKey: 'data.host' });
    await routed(world);
    const product = world.product();
    product.reply = answering(503, 'try later');
    await product.post(world.tenant, { ...disk, id: 'e0' });
    await product.drain();
    const eventId = await product.post(world.tenant, disk);
    await product.route();
    return { eventId, for: 'ops' };
  },
  'It fires again, why is there no new message?': async (world) => {
    const product = await onSlack(world);
    await product.post(world.tenant, alert('firing', NOW - 8 * MINUTE, 'e0'));
    await product.drain(NOW - 6 * MINUTE);
    return { event: alert('firing', NOW - MINUTE, 'e1'), for: 'ops' };
  },
  'It came late, why does nobody see it?': async (world) => {
    const product = await onSlack(world);
    await product.post(world.tenant, alert('firing', NOW - 6 * MINUTE, 'e0'));
    await product.drain();
    const eventId = await product.post(world.tenant, alert('firing', NOW - 8 * MINUTE, 'e1'));
    await product.drain(NOW);
    return { eventId, for: 'ops' };
  },
};

/** As a case finds it. */
export function worldOn(rig: Rig, tenant: string, key: string): World {
  const ask = async (line: string, body: object, headers = {}): Promise<void> => {
    const answer = await rig.ask(line, { key, body, headers });
    if (answer.status >= 300) throw new Error(`${line}: ${JSON.stringify(answer.body)}`);
  };
  return {
    rig,
    tenant,
    async put(path, body) {
      const { headers = {} } = await rig.ask(`GET /v1/${path}`, { key });
      await ask(`PUT /v1/${path}`, body, headers['etag'] ? { 'if-match': headers['etag'] } : {});
    },
    post: (path, body) => ask(`POST /v1/${path}`, body),
    product: () => productOn(rig, NOW - 10 * MINUTE),
  };
}
