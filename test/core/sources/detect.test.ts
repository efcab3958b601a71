import { describe, expect, test } from 'vitest';
import { draftOfAlert, firingIdentityOf, identityOf } from '../../../lib/core/alert.ts';
import { ALERT_PARSERS, detectSource } from '../../../lib/core/sources/detect.ts';
import { ALERT_POSTS, fixture } from '../../fixtures/alerts.ts';

const read = (name: string): unknown => JSON.parse(fixture(name));

const parse = (input: unknown) => {
  const source = detectSource(input)?.source;
  const parsed = source && ALERT_PARSERS[source](input);
  return parsed?.ok ? parsed.alerts.flatMap((one) => (one.ok ? [one.alert] : [])) : [];
};

describe('detectSource', () => {
  test.each(ALERT_POSTS)('recognises %s', (name, source, count) => {
    const input = read(name);
    expect(detectSource(input)).toEqual({ source, confidence: 1 });
    expect(parse(input)).toHaveLength(count);
  });

  test.each([
    [{ version: '4', alerts: [{ status: 'firing', labels: {} }] }, 'alertmanager', 0.5],
    [{ receiver: 'x', groupKey: 'y' }, 'alertmanager', 0.5],
    [[{ labels: {}, state: 'firing' }, { labels: {} }], 'prometheus', 0.5],
    [{ alertname: 'A' }, 'generic', 0.25],
    [{ labels: { alertname: 'A' }, status: 'firing', version: '1' }, 'generic', 0.5],
  ])('takes %j for %s with confidence %d', (input, source, confidence) => {
    expect(detectSource(input)).toEqual({ source, confidence });
  });

  test.each([
    [null],
    [1],
    ['text'],
    [[]],
    [{}],
    [{ groups: [] }],
    [{ version: '4' }],
    [[{ a: 1 }]],
    [{ topic: 'a', data: {} }],
  ])('knows nothing of %j', (input) => {
    expect(detectSource(input)).toBeUndefined();
  });
});

test('the resolved fixtures end the alerts of the firing ones', () => {
  for (const count of [1, 100]) {
    const firing = parse(read(`alertmanager-firing-${count}`)).map(identityOf);
    const ended = parse(read(`alertmanager-resolved-${count}`)).map(firingIdentityOf);
    expect(ended).toEqual(firing);
    expect(new Set(firing).size).toBe(count);
  }
});

test('labels of a Prometheus group stand below those of its alerts', () => {
  const [alert] = parse(read('prometheus-v2'));
  expect(alert?.labels).toMatchObject({ alertname: 'DiskFull', job: 'node', team: 'storage' });
});

test('a generic alert without labels is told in its own words', () => {
  const [alert] = parse({ alertname: 'BackupFailed', severity: 'high', message: 'Stopped.', value: 7 });
  expect(alert && draftOfAlert(alert, 0)).toMatchObject({
    topic: 'alert.firing',
    severity: 'error',
    data: { title: '[FIRING] BackupFailed', text: 'Stopped.' },
  });
});

test('a generic alert that recovers has the fingerprint it fired with', () => {
  const [fired] = parse({ alertname: 'A', severity: 'high', message: 'down', labels: { port: 80 } });
  const [ended] = parse({ alertname: 'A', status: 'ok', message: 'up', labels: { port: 80 } });
  expect(ended).toMatchObject({ status: 'resolved', fingerprint: fired?.fingerprint });
});
