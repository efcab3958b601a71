import { describe, expect, test } from 'vitest';
import { countArrivals, markOf } from '../../../cdk/cli/arrivals.ts';
import { reportLines } from '../../../cdk/cli/send-report.ts';

const entry = (destination: string, raw: string, verdict: 'accepted' | 'refused' = 'accepted') => ({
  channel: 'webhook',
  destination,
  verdict,
  raw,
  body: null,
});

describe('what has arrived', () => {
  test('is counted once for each event and destination, the rest are duplicates', () => {
    const arrivals = countArrivals('fab', [
      entry('one', `a ${markOf('fab', 1)} and again ${markOf('fab', 1)}`),
      entry('one', markOf('fab', 11)),
      entry('one', markOf('fab', 1)),
      entry('two', markOf('fab', 1)),
      entry('two', markOf('fab', 2), 'refused'),
      entry('two', markOf('other', 1)),
    ]);
    expect(arrivals).toMatchObject({ delivered: 3, duplicates: 1 });
    expect([...(arrivals.byDestination.get('webhook one') ?? [])]).toEqual([1, 11]);
  });

  test('is found in the parsed body when the bytes are encoded', () => {
    const mail = {
      channel: 'email',
      destination: 'a',
      verdict: 'accepted' as const,
      raw: 'ZmFi',
      body: { text: markOf('fab', 3) },
    };
    expect(countArrivals('fab', [mail])).toMatchObject({ delivered: 1 });
  });
});

describe('the report', () => {
  const result = { events: 10, expected: 30, delivered: 28, duplicates: 1, ended: 1, ms: 2_000 };

  test('says what arrived and what is missing', () => {
    const text = reportLines(result).join('\n');
    expect(text).toMatch(/^deliveries +28 of 30$/m);
    expect(text).toMatch(/^missing +1$/m);
  });

  test('gives calls and write units per delivery, of deliver functions and of all', () => {
    const functions = {
      Ingest: { calls: 14, writeUnits: 14, invocations: 1 },
      DeliverWebhook: { calls: 7, writeUnits: 28, invocations: 2 },
      DeliverSlack: { calls: 7, writeUnits: 0, invocations: 1 },
      Timers: { calls: 0, writeUnits: 0, invocations: 0 },
    };
    const text = reportLines({ ...result, functions }).join('\n');
    expect(text).toMatch(/^deliver functions +3 +14 +28 +0\.500 +1\.000$/m);
    expect(text).toMatch(/^all functions +4 +28 +42 +1\.000 +1\.500$/m);
    expect(text).not.toContain('Timers');
  });
});
