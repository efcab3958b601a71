import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalStack, startLocalStack } from '../../cdk/local/local-stack.ts';
import { type Driver, PATIENT, TEST, driver } from './rig.ts';

/** The tools of Debian's packages prometheus and prometheus-alertmanager. */
const absent = ['prometheus', 'amtool'].filter((name) => spawnSync(name, ['--version']).error);
const missing = absent.length > 0 ? `, skipped: ${absent.join(' and ')} not on this machine` : '';

const CATALOG = JSON.stringify({
  destinations: [{ id: 'team', channel: 'webhook', settings: { url: '${TWIN_URL}/webhook/team' } }],
  routes: [{ id: 'alerts', topics: ['alert.*'], destinations: ['team'] }],
});

const rules = (expr: string) => `
groups:
  - name: test
    rules:
      - alert: DiskFull
        expr: ${expr}
        labels: { severity: warning, host: db-1 }
        annotations: { summary: 'The disk of db-1 is full' }
`;

describe.skipIf(missing !== '')(`Prometheus and amtool against the local stack${missing}`, TEST, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-prometheus-'));
  const file = (name: string) => join(folder, name);
  let stack: LocalStack;
  let user: Driver;
  let prometheus: ChildProcess;
  let log = '';

  beforeAll(async () => {
    writeFileSync(file('catalog.json'), CATALOG);
    stack = await startLocalStack({ reuse: true, catalog: file('catalog.json') });
    user = driver(stack);
    writeFileSync(file('http.yml'), `authorization: { credentials: '${stack.apiKey}' }\n`);
    writeFileSync(file('rules.yml'), rules('vector(1)'));
    writeFileSync(
      file('prometheus.yml'),
      `
global: { evaluation_interval: 1s }
rule_files: ['${file('rules.yml')}']
alerting:
  alertmanagers:
    - authorization: { credentials: '${stack.apiKey}' }
      static_configs: [{ targets: ['${new URL(stack.apiUrl).host}'] }]
`,
    );
    const flags = ['--config.file', file('prometheus.yml'), '--storage.tsdb.path', file('data')];
    prometheus = spawn(
      'prometheus',
      [...flags, '--web.listen-address=127.0.0.1:0', '--rules.alert.resend-delay=1s'],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    prometheus.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  }, TEST.timeout);
  afterAll(async () => {
    if (prometheus.kill()) await once(prometheus, 'exit');
    await stack.close();
    rmSync(folder, { recursive: true });
  });

  /** What the twin was told, as the titles of the messages that it accepted. */
  const titles = async () =>
    (await user.inbox('verdict=accepted')).map(
      ({ body }) => (body as { data: { title: string } }).data.title,
    );
  const amtool = async (...args: readonly string[]): Promise<string> => {
    const where = ['--alertmanager.url', stack.apiUrl, '--http.config.file', file('http.yml')];
    const { stdout } = await promisify(execFile)('amtool', [...where, ...args], { env: { HOME: folder } });
    return stdout;
  };
  const listed = async (...args: readonly string[]): Promise<string[]> => {
    const alerts = JSON.parse(await amtool('alert', 'query', '-o', 'json', ...args)) as {
      labels: { alertname: string };
      status: { state: string };
    }[];
    return alerts.map(({ labels, status }) => `${labels.alertname} ${status.state}`);
  };

  test('an alert of Prometheus reaches people once, and amtool lists it', async () => {
    await expect.poll(titles, PATIENT).toEqual(['[FIRING] DiskFull']);
    expect(await listed()).toEqual(['DiskFull active']);
    const table = await amtool('alert', 'query', 'host=~db-.*', 'severity!=info');
    expect(table).toMatch(/DiskFull +\d{4}-.* The disk of db-1 is full +active/);
    expect(await listed('host=db-2')).toEqual([]);
    expect(await listed('--receiver', 'te.*')).toEqual(['DiskFull active']);
  });

  test('dashboards find it in the group in which people are told of it', async () => {
    const headers = { authorization: `Bearer ${stack.apiKey}` };
    const answer = await fetch(`${stack.apiUrl}/api/v2/alerts/groups`, { headers });
    expect(await answer.json()).toMatchObject([
      {
        labels: { alertname: 'DiskFull' },
        receiver: { name: 'team' },
        alerts: [{ status: { state: 'active' } }],
      },
    ]);
  });

  test('a silence that amtool adds keeps it back until it expires', async () => {
    const add = ['silence', 'add', 'alertname=~Disk.*', '--author', 'ada', '--comment', 'new disk'];
    const id = (await amtool(...add)).trim();
    expect(await amtool('silence', 'query')).toMatch(
      new RegExp(`${id} +alertname=~"Disk\\.\\*" +\\d{4}-.* ada +new disk`),
    );
    expect(await listed()).toEqual([]);
    expect(await listed('--silenced')).toEqual(['DiskFull suppressed']);
    expect(await amtool('silence', 'update', id, '--comment', 'a larger disk')).toContain('a larger disk');
    await amtool('silence', 'expire', id);
    expect(await listed()).toEqual(['DiskFull active']);
    expect(await amtool('silence', 'query')).not.toContain(id);
    expect(await amtool('silence', 'query', '--expired')).toContain(id);
  });

  test('what cannot be silenced is told to amtool in words', async () => {
    const add = amtool('silence', 'add', 'alertname=~Disk[A-Z]+', '--comment', 'x');
    await expect(add).rejects.toThrow(/cannot be read at .*; what can be written is literal text/);
    await expect(amtool('silence', 'expire', 'none')).rejects.toThrow('404');
  });

  test('amtool adds an alert, with the key as a password in the URL', async () => {
    const url = stack.apiUrl.replace('//', `//amtool:${stack.apiKey}@`);
    const args = [
      '--alertmanager.url',
      url,
      'alert',
      'add',
      'Drill',
      'host=db-9',
      '--annotation=summary=a drill',
    ];
    await promisify(execFile)('amtool', args, { env: { HOME: folder } });
    await expect.poll(titles, PATIENT).toContain('[FIRING] Drill');
    expect(await listed('Drill')).toEqual(['Drill active']);
  });

  test('the end of the alert reaches people, and the list', async () => {
    writeFileSync(file('rules.yml'), rules('vector(1) < 0'));
    prometheus.kill('SIGHUP');
    await expect.poll(titles, PATIENT).toContain('[RESOLVED] DiskFull');
    expect(await listed('DiskFull')).toEqual([]);
    const told = (await titles()).filter((title) => title.includes('DiskFull'));
    expect(told.toSorted()).toEqual(['[FIRING] DiskFull', '[RESOLVED] DiskFull']);
  });

  test('Prometheus had nothing to complain of', () => {
    expect(log).not.toMatch(/level=(error|warn)/);
  });
});
