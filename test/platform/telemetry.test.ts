import { describe, expect, test } from 'vitest';
import { METRICS, type MetricName } from '../../lib/core/metrics.ts';
import { createTelemetry, type TelemetryOptions, telemetryOptions } from '../../lib/platform/telemetry.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

function capture(more: Partial<TelemetryOptions> = {}) {
  const lines: string[] = [];
  const telemetry = createTelemetry({
    service: 'fanfare-test',
    level: 'info',
    observability: 'full',
    write: (line) => lines.push(line),
    now: () => NOW,
    ...more,
  });
  return { telemetry, lines, parsed: () => lines.map((line) => JSON.parse(line) as Blob) };
}

interface Blob {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [name: string]: unknown;
}

/** What CloudWatch demands of a blob (EMF specification). */
function expectValidEmf(blob: Blob): void {
  const [directive] = blob._aws.CloudWatchMetrics;
  expect(directive?.Namespace).toBe('Fanfare');
  expect(directive?.Metrics.length).toBeLessThanOrEqual(100);
  for (const dimensions of directive?.Dimensions ?? []) {
    expect(dimensions.length).toBeLessThanOrEqual(30);
    for (const name of dimensions) expect(blob[name]).toEqual(expect.stringMatching(/^.{1,1024}$/));
  }
  for (const { Name, Unit } of directive?.Metrics ?? []) {
    const values = [blob[Name]].flat();
    expect(values.length).toBeLessThanOrEqual(100);
    expect(values.every((value) => typeof value === 'number')).toBe(true);
    expect(Unit).toBe(METRICS[Name as MetricName].unit);
  }
}

describe('metrics', () => {
  test('leave in one blob per channel, counts added up and times as arrays', () => {
    const { telemetry, parsed } = capture();
    telemetry.add('Delivered', 2, 'slack');
    telemetry.add('Delivered', 1, 'slack');
    telemetry.add('SendDurationMs', 12, 'slack');
    telemetry.add('SendDurationMs', 30, 'slack');
    telemetry.add('Failed', 1, 'email');
    telemetry.add('Retried');
    telemetry.flush();
    const blobs = parsed();
    blobs.forEach(expectValidEmf);
    expect(blobs.map(({ _aws, ...values }) => values)).toEqual([
      { service: 'fanfare-test', Channel: 'slack', Delivered: 3, SendDurationMs: [12, 30] },
      { service: 'fanfare-test', Channel: 'email', Failed: 1 },
      { service: 'fanfare-test', Retried: 1 },
    ]);
    expect(blobs.map(({ _aws }) => _aws.CloudWatchMetrics[0]?.Dimensions)).toEqual([
      [['service', 'Channel']],
      [['service', 'Channel']],
      [['service']],
    ]);
  });

  test('are cut so that no blob has more than 100 values of one metric, and none loses its channel', () => {
    const { telemetry, parsed } = capture();
    for (let n = 0; n < 250; n += 1) telemetry.add('SendDurationMs', n, 'slack');
    telemetry.add('Delivered', 250, 'slack');
    telemetry.flush();
    const blobs = parsed();
    blobs.forEach(expectValidEmf);
    expect(blobs.every(({ Channel }) => Channel === 'slack')).toBe(true);
    expect(blobs.flatMap(({ SendDurationMs }) => SendDurationMs)).toEqual(
      Array.from({ length: 250 }, (_, n) => n),
    );
    expect(blobs.filter(({ Delivered }) => Delivered !== undefined)).toHaveLength(1);
  });

  test('have the values and the time of their own flush, however alike they look', () => {
    let now = NOW;
    const { telemetry, parsed } = capture({ now: () => now });
    for (const [count, channel] of [
      [2, 'slack'],
      [3, 'email'],
      [5, 'slack'],
    ] as const) {
      telemetry.add('Delivered', count, channel);
      telemetry.flush();
      now++;
    }
    const blobs = parsed();
    blobs.forEach(expectValidEmf);
    expect(blobs.map(({ Delivered, Channel, _aws }) => [Delivered, Channel, _aws.Timestamp])).toEqual([
      [2, 'slack', NOW],
      [3, 'email', NOW + 1],
      [5, 'slack', NOW + 2],
    ]);
  });

  test('are gone once they are flushed', () => {
    const { telemetry, lines } = capture();
    telemetry.add('Retried');
    telemetry.flush();
    telemetry.flush();
    expect(lines).toHaveLength(1);
  });

  test('stay few in lean mode', () => {
    const { telemetry, parsed } = capture({ observability: 'lean' });
    for (const [name, { per }] of Object.entries(METRICS) as [MetricName, { per?: string }][])
      telemetry.add(name, 1, per && 'slack');
    telemetry.flush();
    const emitted = parsed().flatMap(({ _aws: { CloudWatchMetrics } }) =>
      CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name)),
    );
    const lean = Object.entries(METRICS).filter(([, metric]) => metric.lean);
    expect(emitted.toSorted()).toEqual(lean.map(([name]) => name).toSorted());
  });

  test.each(['{"_aws":1}', 'Slack Channel', 'a=b', '', 'x'.repeat(65), undefined])(
    'count the dimension value %j as "other", so that nobody can open new series',
    (per) => {
      const { telemetry, parsed } = capture();
      telemetry.add('Delivered', 1, per);
      telemetry.flush();
      expect(parsed()[0]).toMatchObject({ Channel: 'other' });
    },
  );

  test('leave out values that are no numbers', () => {
    const { telemetry, lines } = capture();
    telemetry.add('Retried', Number.NaN);
    telemetry.add('Retried', Infinity);
    telemetry.flush();
    expect(lines).toEqual([]);
  });
});

describe('log lines', () => {
  test('carry level, message, time, the id of the run and the fields given', () => {
    const { telemetry, parsed } = capture();
    telemetry.begin('run-1');
    telemetry.log('warn', 'attempt failed', { channel: 'slack', attempt: 2, counts: { a: 1 }, ids: ['x'] });
    telemetry.flush();
    telemetry.log('info', 'later');
    expect(parsed()).toEqual([
      {
        level: 'warn',
        message: 'attempt failed',
        time: '2026-01-02T03:04:05.000Z',
        channel: 'slack',
        attempt: 2,
        counts: { a: 1 },
        ids: ['x'],
        requestId: 'run-1',
      },
      { level: 'info', message: 'later', time: '2026-01-02T03:04:05.000Z' },
    ]);
  });

  test('never hold anything at the root that is not on the list', () => {
    const { telemetry, parsed } = capture();
    const hostile = {
      _aws: { CloudWatchMetrics: [] },
      payload: 'x',
      tenant: { _aws: {} },
      attempt: '1',
      level: 'debug',
      ids: 'no',
      message: 'other',
    };
    telemetry.log('info', '{"_aws":{}}', hostile as never);
    expect(parsed()).toEqual([{ level: 'info', message: '{"_aws":{}}', time: '2026-01-02T03:04:05.000Z' }]);
  });

  test('reduce URLs and tell errors with their causes', () => {
    const { telemetry, lines } = capture();
    const cause = new Error('connect https://api.example.com/bot123:canary/send');
    telemetry.log('error', 'failed', {
      detail: 'at https://me:canary@example.com/canary',
      error: new Error('no reply', { cause }),
    });
    expect(lines[0]).not.toContain('canary');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      detail: 'at https://example.com/[redacted]',
      error: { name: 'Error', message: 'no reply; caused by connect https://api.example.com/[redacted]' },
    });
  });

  test('are one line each and bounded, whatever is in them', () => {
    const { telemetry, lines } = capture();
    telemetry.log('info', 'a\nb', { detail: 'x'.repeat(5_000), ids: Array.from({ length: 500 }, String) });
    expect(lines[0]).not.toContain('\n');
    expect(lines[0]?.length).toBeLessThan(3_000);
  });

  test.each([
    ['debug', 4],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
  ] as const)('from level %s on are written', (level, count) => {
    const { telemetry, lines } = capture({ level });
    for (const one of ['debug', 'info', 'warn', 'error'] as const) telemetry.log(one, 'x');
    expect(lines).toHaveLength(count);
  });
});

test('options come from the environment, with safe defaults', () => {
  const env = { FANFARE_STACK: 'prod', FANFARE_LOG_LEVEL: 'DEBUG', FANFARE_OBSERVABILITY: 'full' };
  expect(telemetryOptions(env)).toMatchObject({ service: 'prod', level: 'debug', observability: 'full' });
  expect(telemetryOptions({ FANFARE_LOG_LEVEL: 'loud' })).toMatchObject({
    service: 'fanfare',
    level: 'info',
    observability: 'lean',
  });
});
