import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { explain } from '../../../cdk/cli/explain.ts';
import { NOW, type Rig, startManage } from '../../functions/manage-rig.ts';
import { productOn } from '../../functions/product.ts';
import { serveRig } from './serve-rig.ts';
import { testTerminal } from './test-terminal.ts';

let rig: Rig;
let api: Awaited<ReturnType<typeof serveRig>>;
let key: string;
let tenant: string;
let count = 0;

beforeAll(async () => {
  rig = await startManage();
  api = await serveRig(rig);
});
afterAll(async () => {
  await api.close();
  await rig.close();
});
beforeEach(async () => {
  tenant = `explain${count++}`;
  key = await rig.newKey(tenant);
});

const put = (path: string, body: object) => rig.ask(`PUT /v1/${path}`, { key, body });

async function run(...args: string[]): Promise<string[]> {
  const terminal = testTerminal('/nowhere', { FANFARE_API_KEY: key });
  expect(await explain([...args, '--api', api.url], terminal)).toBe(0);
  return terminal.said;
}

const event = JSON.stringify({ topic: 'disk.full', severity: 'error', data: { title: 'Disk full' } });

describe('fanfare explain', () => {
  test('tells the whole story in lines', async () => {
    const url = 'https://example.com/hook';
    await put('destinations/ops', { channel: 'webhook', settings: { url } });
    await put('destinations/team', { channel: 'webhook', settings: { url }, enabled: false });
    await put('routes/orders', { order: 1, topics: ['orders.*'], destinations: ['ops'] });
    await put('routes/disks', { order: 2, topics: ['disk.*'], destinations: ['ops', 'team'] });
    await put('routes/rest', { order: 3, destinations: ['ops'] });
    const at = new Date(NOW).toISOString();
    expect(await run(event)).toEqual([
      `disk.full, priority high, at ${at}`,
      '',
      'Of 2 destinations 1 is told, 1 does not hear of it.',
      '',
      'Routes',
      '  - orders  topic is "disk.full", which does not satisfy ["orders.*"]',
      '  + disks   wants it',
      '    rest    was not asked: route disks ended the search',
      '',
      'Deliveries',
      '  ops (webhook)   ops hears of it at once. (through route disks, "Disk full")',
      '  team (webhook)  team does not hear of it: it is switched off. (through route disks, "Disk full")',
      '',
      expect.stringMatching(/^Cost: about \$\d\.\d\d for a million of these/),
    ]);
    expect((await run(event, '--for', 'team'))[2]).toBe('team does not hear of it: it is switched off.');
  });

  test('says when nobody would hear of it', async () => {
    expect((await run(event)).slice(2, -2)).toEqual([
      'Nobody hears of it: there is no route.',
      '',
      'Routes',
      '  there are none',
      '',
      'Deliveries',
      '  none: no route wants it',
    ]);
  });

  test('says what became of an event that was posted, and what would become of it now', async () => {
    await put('destinations/ops', { channel: 'webhook', settings: { url: 'https://example.com/hook' } });
    await put('routes/all', { order: 1, destinations: ['ops'] });
    const product = productOn(rig, NOW - 60_000);
    const id = await product.post(tenant, JSON.parse(event));
    await product.drain();
    await rig.ask('POST /v1/silences', {
      key,
      body: { id: 'works', topics: ['disk.*'], endsAt: new Date(NOW + 60_000).toISOString(), reason: 'x' },
    });
    expect((await run('--event', id)).slice(2, 5)).toEqual([
      `Then: ops heard of it at ${new Date(NOW - 60_000).toISOString()}.`,
      'Now: ops does not hear of it: the silence works keeps it back.',
      '  ops: heard then, silenced now',
    ]);
  });

  test('says who would hear that a heartbeat has stopped', async () => {
    await put('destinations/ops', { channel: 'webhook', settings: { url: 'https://example.com/hook' } });
    await put('routes/data', { when: 'labels.team == "data"', destinations: ['ops'] });
    await put('heartbeats/backup', { everyMs: 600_000, severity: 'critical', labels: { team: 'data' } });
    const lines = await run('--heartbeat', 'backup', '--at', '2026-12-24T03:00:00Z');
    expect(lines[0]).toBe('alert.firing, priority urgent, at 2026-12-24T03:00:00.000Z');
    expect(lines).toContainEqual(expect.stringContaining('"[FIRING] HeartbeatStopped (backup)"'));
  });

  test('gives the whole answer to programs', async () => {
    expect(JSON.parse((await run(event, '--json', '--at', '2027-01-01T00:00:00Z')).join('\n'))).toMatchObject(
      {
        at: '2027-01-01T00:00:00.000Z',
        noRoute: true,
      },
    );
  });

  test.each([
    [[], 'give one event'],
    [[event, '--event', 'e1'], 'give one event'],
    [['--heartbeat', 'backup', '--event', 'e1'], 'give one event'],
    [['--heartbeat', 'unknown'], '404'],
    [['{'], 'not valid JSON'],
    [['--file', '/nowhere'], '/nowhere cannot be read'],
    [['--event', 'unknown'], '404'],
    [[event, '--for', 'No one'], 'write the id of a destination, or of a person'],
    [[event, '--at', 'noon'], 'write a time such as'],
  ])('given %j says what to do', async (args, message) => {
    await expect(run(...args)).rejects.toThrow(message);
  });
});
