import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { listen } from '../../../cdk/local/ports.ts';
import { scenarioNames } from '../../../load/driver/find-scenario.ts';
import type { Result } from '../../../load/driver/result.ts';
import { load } from '../../../load/load.ts';
import { testTerminal } from '../../cdk/cli/test-terminal.ts';

const dir = mkdtempSync(join(tmpdir(), 'fanfare-load-test-'));
afterAll(() => rmSync(dir, { recursive: true }));
const never = new AbortController().signal;

function scenario(name: string, more: object = {}): string {
  const file = join(dir, `${name}.json`);
  const small = {
    about: 'A few events.',
    unit: 'events',
    stages: [{ name: 'all', rate: 40, seconds: 2 }],
    flows: [
      { flow: 'post', events: 4, topics: ['load.a', 'load.b'], weight: 3 },
      { flow: 'post', events: 4, lane: 'urgent' },
    ],
    stack: {
      catalog: {
        destinations: ['one', 'two'].map((id) => ({
          id,
          channel: 'webhook',
          settings: { url: `\${TWIN_URL}/webhook/${id}` },
        })),
        routes: [{ id: 'all', default: true, destinations: ['one', 'two'] }],
      },
    },
    perEvent: 2,
    criteria: ['requests.failedShare = 0 %', 'deliveries.missing = 0', 'metrics.delivered = 160'],
    ...more,
  };
  writeFileSync(file, JSON.stringify(small));
  return file;
}

describe('a small run against the local stack', { timeout: 120_000 }, () => {
  test('counts every event at its provider, and every metrics line', async () => {
    const terminal = testTerminal(dir);
    const [json, html] = [join(dir, 'result.json'), join(dir, 'result.html')];
    const code = await load([scenario('small'), '--json', json, '--html', html], terminal, never);
    expect([code, terminal.complained, code === 0 ? [] : terminal.said]).toEqual([0, [], []]);

    const result = JSON.parse(readFileSync(json, 'utf8')) as Result;
    expect(result.values).toMatchObject({
      'requests.sent': 20,
      'events.accepted': 80,
      'deliveries.arrived': 160,
      'deliveries.missing': 0,
      'deliveries.duplicates': 0,
      'deliveries.spread': 1,
      'deliveries.attempts': 1,
      'metrics.delivered': 160,
      'metrics.unread': 0,
      'functions.failed': 0,
    });
    expect(result.arrivals.map(({ channel, lane }) => `${channel} ${lane}`).toSorted()).toEqual([
      'webhook normal',
      'webhook urgent',
    ]);
    expect(result.samples.at(-1)).toMatchObject({ arrived: 160 });
    expect(result.samples.at(-1)!.calls).toBeGreaterThan(0);
    expect(readFileSync(html, 'utf8')).toContain('<b>Memory</b>');
    expect(terminal.said.at(-1)).toBe('passed');
  });

  test('is not made when the first request of a flow is refused', async () => {
    const terminal = testTerminal(dir);
    const flows = [{ flow: 'post', topics: ['not a topic'] }];
    expect(await load([scenario('wrong', { flows })], terminal, never)).toBe(1);
    expect(terminal.complained).toEqual([
      expect.stringMatching(/^before any load: post: answered 4\d\d: .*topic/i),
    ]);
  });

  test('is not made when what was posted does not arrive as often as it says', async () => {
    const terminal = testTerminal(dir);
    expect(await load([scenario('fewer', { perEvent: 1 })], terminal, never)).toBe(1);
    expect(terminal.complained[0]).toContain('perEvent is 1');
  });
});

describe('a run against a target', () => {
  const key = { FANFARE_API_KEY: 'fan_live_x' };

  test('sends its key, and says what it could not measure', async () => {
    const keys = new Set<string | undefined>();
    const server = createServer((incoming, outgoing) => {
      keys.add(incoming.headers.authorization);
      incoming.resume().on('end', () => outgoing.writeHead(202).end('{"id":"x","duplicate":false}'));
    });
    const url = `http://127.0.0.1:${await listen(server, 0)}`;
    const terminal = testTerminal(dir, key);
    const code = await load([scenario('remote'), '--target', url], terminal, never);
    server.close();
    expect(code).toBe(0);
    expect([...keys]).toEqual(['Bearer fan_live_x']);
    const text = terminal.said.join('\n');
    expect(text).toContain('✓ requests.failedShare = 0 %: 0 %');
    expect(text).toContain('– deliveries.missing = 0: not measured here');
    expect(text).not.toContain('fan_live_x');
  });

  test('that nobody answers ends with the smoke', async () => {
    const terminal = testTerminal(dir, key);
    expect(await load([scenario('nobody'), '--target', 'http://127.0.0.1:9'], terminal, never)).toBe(1);
    expect(terminal.complained[0]).toMatch(/^before any load: .*ECONNREFUSED/);
  });

  test('that nobody answers has passed none of all scenarios', async () => {
    const terminal = testTerminal(dir, key);
    expect(await load(['all', '--target', 'http://127.0.0.1:9'], terminal, never)).toBe(1);
    const names = scenarioNames();
    expect(terminal.complained).toHaveLength(names.length);
    const last = terminal.said.at(-1);
    expect(last).toContain(`not passed, of ${names.length}: `);
    expect(names.filter((name) => !last?.includes(name))).toEqual([]);
  });

  test('that takes too long is ended, with a report', async () => {
    const server = createServer((incoming, outgoing) => {
      incoming.resume().on('end', () => outgoing.writeHead(202).end('{}'));
    });
    const url = `http://127.0.0.1:${await listen(server, 0)}`;
    const terminal = testTerminal(dir, key);
    const file = scenario('long', { stages: [{ rate: 40, seconds: 600 }] });
    expect(await load([file, '--target', url, '--timeout', '1'], terminal, never)).toBe(1);
    server.close();
    expect(terminal.said.at(-1)).toBe('interrupted');
  });

  test('that is interrupted still leaves its report', async () => {
    const abort = new AbortController();
    let answered = 0;
    const server = createServer((incoming, outgoing) => {
      if (++answered === 5) abort.abort();
      incoming.resume().on('end', () => outgoing.writeHead(202).end('{}'));
    });
    const url = `http://127.0.0.1:${await listen(server, 0)}`;
    const terminal = testTerminal(dir, key);
    const json = join(dir, 'interrupted.json');
    const file = scenario('interrupted', { stages: [{ rate: 400, seconds: 600 }] });
    expect(await load([file, '--target', url, '--json', json], terminal, abort.signal)).toBe(1);
    server.close();
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ interrupted: true });
    expect(terminal.said.at(-1)).toBe('interrupted');
  });
});

describe('a command line that is wrong', () => {
  test('exits with 2 and says so', async () => {
    const terminal = testTerminal(dir);
    expect(await load(['api-laod'], terminal, never)).toBe(2);
    expect(terminal.complained[0]).toContain('did you mean api-load?');
  });

  test('that asks for help or the list is none', async () => {
    const terminal = testTerminal(dir);
    expect(await load(['--list'], terminal, never)).toBe(0);
    expect(terminal.said.join('\n')).toContain('L14  webhook-soak');
    expect(await load(['--help'], terminal, never)).toBe(0);
  });
});
