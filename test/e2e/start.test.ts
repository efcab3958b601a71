import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../cdk/cli/main.ts';
import { testTerminal } from '../cdk/cli/test-terminal.ts';
import { type Folder, type Running, openFolder } from './child.ts';
import { type Driver, PATIENT, TEST, driver } from './rig.ts';

/** Of the catalog that a first start finds. */
const CHANNELS = ['discord', 'email', 'line', 'pagerduty', 'slack', 'telegram', 'webhook'];
const FREE_PORTS = ['--port', '0', '--twin-port', '0'];

describe('fanfare start in an empty folder', TEST, () => {
  let folder: Folder;
  let running: Running;
  let user: Driver;
  beforeAll(async () => {
    folder = openFolder();
    running = folder.start('start', ...FREE_PORTS);
    user = driver(await running.ready());
  }, TEST.timeout);
  afterAll(() => folder.remove());

  test('tells other programs where it is, by a file', () => {
    const { apiUrl, twinUrl, apiKey, pid, secrets } = folder.info();

    expect(apiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(twinUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(apiKey).toMatch(/^fan_local_/);
    expect(pid).toBe(running.pid);
    expect(Object.keys(secrets).toSorted()).toEqual([
      'discord/team',
      'line/bot',
      'mail/server',
      'pagerduty/service',
      'slack/team',
      'telegram/bot',
      'webhook/signing',
    ]);
  });

  test('prints where to look, and a line to try that works as it stands', async () => {
    const { apiUrl, twinUrl, apiKey } = folder.info();
    await expect.poll(running.printed, PATIENT).toContain('curl');
    const printed = running.printed();

    for (const text of [apiUrl, twinUrl, apiKey, '.fanfare/data']) expect(printed).toContain(text);
    const [, url = '', authorization = '', type = ''] =
      /curl -i (\S+) -H 'authorization: ([^']+)' -H 'content-type: ([^']+)'/.exec(printed) ?? [];
    const body = /-d '([^']+)'/.exec(printed)?.[1] ?? '';
    const reply = await fetch(url, {
      method: 'POST',
      headers: { authorization, 'content-type': type },
      body,
    });
    expect(reply.status).toBe(202);
    await expect
      .poll(async () => (await user.inbox()).map(({ channel }) => channel).toSorted(), PATIENT)
      .toEqual(CHANNELS);
    expect((await user.inbox()).every(({ raw }) => raw.includes('Hello'))).toBe(true);
  });

  test('prints a line per event and per attempt', async () => {
    const [id = ''] = await user.post('/v1/events', { topic: 'hello.again', data: { title: 'Again' } });

    const lines = () =>
      running
        .printed()
        .split('\n')
        .filter((line) => line.includes(id));
    await expect.poll(() => lines().length, PATIENT).toBe(CHANNELS.length + 1);
    expect(lines()[0]).toMatch(/^\d\d:\d\d:\d\d {2}event .*accepted by events$/);
    const attempts = lines()
      .slice(1)
      .map((line) => /to (\S+) {2}(\S+) /.exec(line)?.slice(1).join(' '));
    expect(new Set(attempts)).toEqual(new Set(CHANNELS.map((destination) => `${destination} delivered`)));
  });

  test('refuses a second one in the same folder, naming the first', async () => {
    const { code, stderr } = await folder.run('start', ...FREE_PORTS);

    expect(code).toBe(1);
    expect(stderr).toContain(`process ${running.pid}`);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(folder.info().pid).toBe(running.pid);
  });

  test('refuses a port that is taken, naming it and its flag', async () => {
    const elsewhere = openFolder();
    const { port } = new URL(folder.info().apiUrl);
    const { code, stderr } = await elsewhere.run('start', '--port', port, '--twin-port', '0');
    await elsewhere.remove();

    expect(code).toBe(1);
    expect(stderr).toContain(`port ${port} is in use`);
    expect(stderr).toContain('--port');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('applies a catalog file, or says where it is wrong and what to write', async () => {
    const terminal = testTerminal(folder.path);
    const wrong = join(folder.path, 'wrong.yaml');
    const destination = ['destinations:', '  - id: ops', '    channel: slack', '    settings:'];
    const route = ['routes:', '  - id: all', '    default: true', '    destinations: [opps]'];

    writeFileSync(
      wrong,
      [...destination, '      webhookUrl: https://hooks.slack.com/services/T/B/x', ...route].join('\n'),
    );
    expect(await main(['apply', wrong], terminal)).toBe(1);
    const [secret, unknown] = terminal.complained.toSorted();
    expect(terminal.complained).toHaveLength(2);
    expect(secret).toMatch(/^wrong\.yaml:5 +destinations\.ops\.settings\.webhookUrl: .*\{ secret: NAME \}/);
    expect(unknown).toMatch(/^wrong\.yaml:9 +routes\.all\.destinations.*"opps"/);

    const right = join(folder.path, 'right.yaml');
    writeFileSync(
      right,
      [...destination, '      webhookUrl: { secret: slack/ops }', ...route].join('\n').replace('opps', 'ops'),
    );
    expect(await main(['apply', right, '--dry-run'], terminal)).toBe(0);
    expect(terminal.said).toContain('+ destination ops');
    expect((await user.call('GET', '/v1/destinations/ops')).status).toBe(404);
  });

  test('stops when it is told to, after it has finished what is in flight; nothing is sent twice', async () => {
    await user.behave('webhook', { delayMs: 1_500 });
    const [id = ''] = await user.post('/v1/events', { topic: 'last.one', data: { title: 'The last one' } });
    const arrived = (one: Driver) => async () =>
      (await one.inbox('channel=webhook')).filter(({ raw }) => raw.includes('The last one')).length;
    await expect.poll(arrived(user), PATIENT).toBe(1);

    const { code, stdout, stderr } = await running.signal('SIGINT');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`${id}.*to webhook.*delivered`));
    expect(existsSync(join(folder.path, '.fanfare', 'local.json'))).toBe(false);

    const again = folder.start('start', ...FREE_PORTS);
    const after = driver(await again.ready());
    expect((await after.delivery(id, 'webhook'))?.state).toBe('delivered');
    await expect
      .poll(async () => (await after.event(id)).deliveries.map(({ state }) => state), PATIENT)
      .toEqual(Array(CHANNELS.length).fill('delivered'));
    expect(await arrived(after)()).toBe(1);
    expect((await again.signal('SIGTERM')).code).toBe(0);
  });
});

test('each command tells what it takes', async () => {
  for (const command of ['start', 'demo', 'apply', 'send', 'init']) {
    const terminal = testTerminal('/nowhere');
    expect(await main([command, '--help'], terminal)).toBe(0);
    expect(terminal.said.join('\n')).toContain(`fanfare ${command}`);
  }
  const terminal = testTerminal('/nowhere');
  expect(await main(['start', '--prot', '0'], terminal)).toBe(2);
  expect(terminal.complained.join('\n')).toContain("'--prot'");
});

test('fanfare demo shows each message on each channel, and ends well', TEST, async () => {
  const folder = openFolder();
  const { code, stdout, stderr } = await folder.run('demo');
  await folder.remove();

  expect([code, stderr]).toEqual([0, '']);
  for (const channel of CHANNELS)
    expect(stdout.split('\n').filter((line) => line.startsWith(`${channel} `))).toHaveLength(5);
  for (const title of ['HighErrorRate', 'Order 4711 paid', 'Order 4712 shipped'])
    expect(stdout).toContain(title);
});
