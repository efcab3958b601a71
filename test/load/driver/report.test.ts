import { describe, expect, test } from 'vitest';
import { chart, ticksTo } from '../../../load/driver/chart.ts';
import { htmlReport } from '../../../load/driver/html.ts';
import { reportLines } from '../../../load/driver/report-lines.ts';
import { type Result, passed } from '../../../load/driver/result.ts';

const latency = { count: 10, min: 1.1, mean: 4, p50: 3.2, p90: 8, p95: 9, p99: 12, p999: 15, max: 1_500 };
const part = { sent: 10, ok: 9, refused: 0, failed: 1, timedOut: 0, perSecond: 5, latency };
const probe = {
  ready: 3,
  delayed: 0,
  inFlight: 1,
  queues: { events: 4 },
  calls: 10,
  writeUnits: 5,
  stackMiB: 200,
  enginesMiB: 90,
};

const RESULT: Result = {
  scenario: 'webhook-steady',
  id: 'L11',
  about: 'Posts <of> "Alertmanager" & others.',
  notes: ['A note.'],
  conditions: {
    at: '2026-11-27T05:00:00.000Z',
    commit: 'abc',
    node: 'v24',
    cpu: 'fast',
    cores: 2,
    memoryGiB: 8,
    loadBefore: 0.5,
    priority: 0,
    target: 'the local stack',
    seed: 1,
  },
  unit: 'requests',
  scale: { rate: 0.01, time: 0.1 },
  full: { peakPerSecond: 10_000, seconds: 600, total: 6_000_000 },
  run: { peakPerSecond: 100, seconds: 60, total: 6_000 },
  interrupted: false,
  verdicts: [
    { criterion: 'latency.p95 < 5 ms', kind: 'missed', value: 9, bound: 5 },
    { criterion: 'requests.failedShare < 1 %', kind: 'met', value: 0.001, bound: 0.01 },
    { criterion: 'drain.time < 30 s', kind: 'absent', bound: 30_000 },
  ],
  values: { 'requests.perSecond': 98, 'latency.p95': 9, 'deliveries.arrived': 9, 'delivery.p95': 41 },
  flows: [{ name: 'alerts', ...part }],
  stages: [{ name: 'peak', ...part }],
  arrivals: [{ channel: 'webhook', lane: 'urgent', latency }],
  faults: [{ text: 'alerts: answered 503: <b>Unavailable</b>', count: 1 }],
  seconds: [
    { second: 0, meant: 5, answered: 4, failed: 0, p50: 3, p95: 9, p99: 12 },
    { second: 1, meant: 5, answered: 6, failed: 1, p50: 4, p95: 9, p99: 12 },
  ],
  samples: [
    { second: 0.4, ...probe, arrived: 0 },
    { second: 1.4, ...probe, calls: 60, arrived: 9 },
  ],
};

describe('a run', () => {
  test('passes when nothing was missed and it came to its end', () => {
    expect(passed(RESULT)).toBe(false);
    const verdicts = RESULT.verdicts.slice(1);
    expect(passed({ interrupted: false, verdicts })).toBe(true);
    expect(passed({ interrupted: true, verdicts })).toBe(false);
  });

  test('is told with its full scale, what was run of it and what was reached', () => {
    const text = reportLines(RESULT).join('\n');
    expect(text).toContain('full scale  6,000,000 requests in 10 min, at most 10,000/s');
    expect(text).toContain('was run     6,000 requests in 60 s, at most 100/s (rate x 0.01, time x 0.1)');
    expect(text).toContain('reached     98/s answered, p95 9 ms, 9 arrived, p95 to the provider 41 ms');
    expect(text).toContain('✗ latency.p95 < 5 ms: 9 ms');
    expect(text).toContain('✓ requests.failedShare < 1 %: 0.1 %');
    expect(text).toContain('– drain.time < 30 s: not measured here');
    expect(text).toMatch(/webhook, urgent +10 +3.2 ms/);
    expect(text).toMatch(/not passed$/);
  });
});

describe('the report', () => {
  const html = htmlReport(RESULT);

  test('needs nothing but itself: no addresses, no scripts, nothing loaded', () => {
    expect(html).not.toMatch(/https?:|\bsrc=|\bhref=|<script|<link|@import|url\(/i);
  });

  test('has a chart of each kind, drawn', () => {
    for (const title of ['Throughput', 'Latency', 'Queues', 'AWS calls', 'Memory'])
      expect(html).toMatch(new RegExp(`<b>${title}</b>[^]*?<polyline[^>]*points="[\\d.]+,[\\d.]+`));
    expect(html).toContain('p99.9');
  });

  test('leaves out what only the local stack can tell, where there is none', () => {
    const remote = htmlReport({ ...RESULT, samples: [], arrivals: [] });
    expect(remote).toContain('<b>Latency</b>');
    expect(remote).not.toContain('<b>Memory</b>');
    expect(remote).not.toContain('To the provider');
  });

  test('shows texts as they are', () => {
    expect(html).toContain('Posts &lt;of&gt; &quot;Alertmanager&quot; &amp; others.');
    expect(html).not.toContain('<b>Unavailable');
  });
});

describe('a chart', () => {
  test('has round numbers at its side, the last not below what it shows', () => {
    expect(ticksTo(97)).toEqual([0, 25, 50, 75, 100]);
    expect(ticksTo(0.3)).toEqual([0, 0.1, 0.2, 0.3]);
    expect(ticksTo(4)).toEqual([0, 1, 2, 3, 4]);
    expect(ticksTo(0)).toEqual([0, 1]);
  });

  test('of nothing is none', () => {
    expect(chart({ title: 'x', unit: '', series: [{ name: 'x', points: [] }] })).toBe('');
  });
});
