import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseEvent } from '../../../lib/core/event-input.ts';
import { parseAlertmanager } from '../../../lib/core/sources/alertmanager.ts';
import { loadDocument } from '../../../load/driver/document.ts';
import { allScenarios } from '../../../load/driver/find-scenario.ts';
import { METRICS } from '../../../load/driver/metric-names.ts';
import type { Result } from '../../../load/driver/result.ts';
import { RESULTS, readResults } from '../../../load/load-results.ts';

const FOLDER = join(import.meta.dirname, '../../../load');
const dir = mkdtempSync(join(tmpdir(), 'fanfare-load-results-'));
afterAll(() => rmSync(dir, { recursive: true }));

const latency = { count: 500, min: 1.1, mean: 4, p50: 3.2, p90: 8, p95: 9, p99: 12, p999: 15, max: 1_500 };
const FULL: Result = {
  scenario: 'rate-limiter',
  id: 'L05',
  about: 'A burst.',
  notes: ['Counted where they arrive.'],
  conditions: {
    at: '2026-11-27T05:00:00.000Z',
    commit: 'abc1234',
    node: 'v24',
    cpu: 'fast',
    cores: 2,
    memoryGiB: 8,
    loadBefore: 0.51,
    priority: 0,
    target: 'the local stack',
    seed: 1,
  },
  unit: 'events',
  scale: { rate: 1, time: 1 },
  full: { peakPerSecond: 5_000, seconds: 0.1, total: 500 },
  run: { peakPerSecond: 5_000, seconds: 0.1, total: 500 },
  interrupted: false,
  verdicts: [{ criterion: 'deliveries.inOneSecond <= 100', kind: 'met', value: 98, bound: 100 }],
  values: { 'events.perSecond': 498, 'deliveries.arrived': 500 },
  flows: [],
  stages: [],
  arrivals: [{ channel: 'webhook', lane: 'normal', latency }],
  faults: [],
  seconds: [],
  samples: [],
};
const SMALL: Result = {
  ...FULL,
  scenario: 'webhook-steady',
  id: 'L11',
  notes: [],
  scale: { rate: 0.1, time: 1 },
  run: { peakPerSecond: 500, seconds: 0.1, total: 50 },
  verdicts: [{ criterion: 'latency.p95 < 5 ms', kind: 'missed', value: 9, bound: 5 }],
};

/** Without the spaces that make columns, and the dashes below their heads. */
function plain(text: string): string {
  return text.replaceAll(/-{3,}/g, '---').replaceAll(/ {2,}/g, ' ');
}

describe('the document of runs', () => {
  const document = loadDocument([FULL, SMALL], allScenarios());

  test('says of each what was run of it, what came of it, and under what conditions', () => {
    expect(document).toContain(
      '| L05 | `rate-limiter` | 500 events in 100 ms, at most 5,000/s | all of it | 498/s accepted, 500 arrived | passed |',
    );
    expect(document).toContain(
      '| 50 events in 100 ms, at most 500/s | 498/s accepted, 500 arrived | missed |',
    );
    expect(document).toContain('| `rate-limiter` | webhook | normal | 500 | 3.2 ms | 9 ms | 12 ms | 1.5 s |');
    expect(document).toContain('- `rate-limiter`: Counted where they arrive.');
    expect(document).toContain('- 2 cores, fast, 8 GiB, Node v24, against the local stack; driver and stack');
    expect(document).toContain('| `rate-limiter` | 2026-11-27T05:00:00.000Z | abc1234 | 0.5 | 0 |');
  });

  test('tells what was missed, and names what was not run', () => {
    expect(document).toContain('## Missed\n\n- `webhook-steady`: latency.p95 < 5 ms: 9 ms\n');
    expect(document).toContain('## Not run\n\n- `notifications-per-second` (L01)\n');
    expect(document.match(/^- `.*` \(L\d\d\)$/gm)).toHaveLength(19);
    expect(loadDocument([{ ...FULL, interrupted: true }], [])).toContain('- `rate-limiter`: interrupted\n');
  });
});

describe('runs that were written down', () => {
  test('are read in the order of their rows, and nothing else is', () => {
    writeFileSync(join(dir, 'b.json'), JSON.stringify(FULL));
    writeFileSync(join(dir, 'a.json'), JSON.stringify(SMALL));
    writeFileSync(join(dir, 'a.html'), '<html>');
    expect(readResults(dir).map(({ id }) => id)).toEqual(['L05', 'L11']);
    writeFileSync(join(dir, 'c.json'), '{"rows":[]}');
    expect(() => readResults(dir)).toThrow(/c\.json holds no run/);
    expect(readResults(join(dir, 'nowhere'))).toEqual([]);
  });

  test('are what LOAD.md says, which is there when they are (else: npm run load:results)', () => {
    const results = readResults(RESULTS);
    const path = join(FOLDER, 'LOAD.md');
    const found = existsSync(path) ? plain(readFileSync(path, 'utf8')) : undefined;
    expect(found).toBe(results.length === 0 ? undefined : plain(loadDocument(results, allScenarios())));
  });
});

test('the README names every metric that a criterion may ask for', () => {
  const readme = readFileSync(join(FOLDER, 'README.md'), 'utf8');
  for (const [name, about] of Object.entries(METRICS)) {
    const [, group, one] = /^(.+)\.(\w+)$/.exec(name) ?? [];
    expect(readme).toMatch(new RegExp(`(${group}\\.|\`)${one}\``));
    expect(readme).toContain(about);
  }
});

test('k6 posts what the API takes', async () => {
  const payload = (await import(join(FOLDER, 'k6/payload.js'))) as Record<
    'event' | 'alertmanager',
    (n: string, alerts?: number) => unknown
  >;
  expect(parseEvent(payload.event('a-1'), Date.now())).toMatchObject({ ok: true });
  expect(parseAlertmanager(payload.alertmanager('a-1', 5))).toMatchObject({ alerts: { length: 5 } });
});
