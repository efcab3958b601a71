import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { createConsoleView } from '../../../cdk/local/console-view.ts';
import { readLogLine } from '../../../cdk/local/log-line.ts';

function shown(label: string, line: string | object): string[] {
  const lines: string[] = [];
  const view = createConsoleView(
    (text) => lines.push(stripVTControlCharacters(text)),
    () => new Date(2026, 10, 21, 9, 8, 7),
  );
  view.line(label, readLogLine(typeof line === 'string' ? line : JSON.stringify(line)));
  return lines.map((text) => text.replace(/^09:08:07 +/, ''));
}

test('an event gets a line, with how it came in', () => {
  const counts = { accepted: 2, duplicate: 1, refused: 0 };
  const line = { level: 'info', message: 'posted', route: 'events', ids: ['a', 'b'], counts };

  expect(shown('Ingest', line)).toEqual([
    'event    a  accepted by events',
    'event    b  accepted by events',
    'event    1 duplicate',
  ]);
});

test('a flood of events does not flood the console', () => {
  const ids = Array.from({ length: 100 }, (_, i) => `e${i}`);
  const lines = shown('Ingest', {
    level: 'info',
    message: 'posted',
    route: 'events',
    ids,
    counts: { accepted: 500 },
  });

  expect(lines.length).toBe(11);
  expect(lines.at(-1)).toBe('event    and 490 more');
});

test('an attempt gets a line, with what came of it', () => {
  const attempt = { level: 'debug', message: 'attempt', channel: 'slack', event: 'e', destination: 'ops' };
  const delivered = { ...attempt, attempt: 1, outcome: 'delivered', status: 200, ms: 12.4 };
  const retried = {
    ...attempt,
    attempt: 2,
    outcome: 'retry',
    reason: 'rateLimited',
    status: 429,
    ms: 5,
    waitMs: 1_500,
  };

  expect(shown('DeliverSlack', delivered)).toEqual(['slack    e  to ops  delivered  200, 12 ms']);
  expect(shown('DeliverSlack', retried)).toEqual([
    'slack    e  to ops  retry  rateLimited, 429, 5 ms, attempt 2, again in 1.5 s',
  ]);
});

test('warnings, errors and plain text are shown, metrics and the rest are not', () => {
  const error = {
    level: 'error',
    message: 'batch failed',
    requestId: 'r',
    error: { name: 'E', message: 'no' },
  };

  expect(shown('Timers', error)).toEqual(['Timers   batch failed  error=E: no']);
  expect(shown('Timers', 'a plain line')).toEqual(['Timers   a plain line']);
  expect(shown('Timers', { level: 'info', message: 'batch delivered' })).toEqual([]);
  expect(shown('Timers', { _aws: { CloudWatchMetrics: [] } })).toEqual([]);
});

test('metrics are read with their dimension and summed', () => {
  const blob = {
    _aws: {
      Timestamp: 0,
      CloudWatchMetrics: [
        {
          Namespace: 'Fanfare',
          Dimensions: [['service', 'Channel']],
          Metrics: [{ Name: 'Delivered' }, { Name: 'Ms' }],
        },
      ],
    },
    service: 'Fanfare',
    Channel: 'slack',
    Delivered: 3,
    Ms: [1, 2],
  };

  expect(readLogLine(JSON.stringify(blob))).toEqual({
    kind: 'metrics',
    values: [
      { name: 'Delivered', sum: 3, per: 'slack' },
      { name: 'Ms', sum: 3, per: 'slack' },
    ],
  });
});
