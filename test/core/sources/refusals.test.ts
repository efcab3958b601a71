import { describe, expect, test } from 'vitest';
import { parseAlertmanager } from '../../../lib/core/sources/alertmanager.ts';
import { parseGeneric } from '../../../lib/core/sources/generic.ts';
import { parsePrometheus } from '../../../lib/core/sources/prometheus.ts';

const alert = { status: 'firing', labels: { alertname: 'A' }, startsAt: '2026-11-21T10:00:00Z' };
const payload = { version: '4', status: 'firing', groupKey: 'g', receiver: 'r', alerts: [alert] };
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i}`, 'x']));

describe('an Alertmanager payload', () => {
  test.each([
    [{ version: '3' }, '/version'],
    [{ version: 4 }, '/version'],
    [{ status: 'pending' }, '/status'],
    [{ groupKey: '' }, '/groupKey'],
    [{ alerts: [] }, '/alerts'],
    [{ alerts: Array.from({ length: 1_001 }, () => alert) }, '/alerts'],
    [{ alerts: undefined }, '/alerts'],
  ])('is refused as a whole with %j', (more, pointer) => {
    expect(parseAlertmanager({ ...payload, ...more })).toMatchObject({ ok: false, errors: [{ pointer }] });
  });

  test.each([
    [{ status: 'pending' }, '/alerts/1/status'],
    [{ labels: {} }, '/alerts/1/labels'],
    [{ labels: { alertname: 'A', ...many(64) } }, '/alerts/1/labels'],
    [{ labels: { alertname: 'A', x: 'é'.repeat(513) } }, '/alerts/1/labels/x'],
    [{ labels: { alertname: 'A', ['x'.repeat(256)]: '' } }, `/alerts/1/labels/${'x'.repeat(63)}…`],
    [{ labels: { alertname: 'A', x: 1 } }, '/alerts/1/labels/x'],
    [{ startsAt: 'now' }, '/alerts/1/startsAt'],
    [{ startsAt: undefined }, '/alerts/1/startsAt'],
    [{ endsAt: '2026-11-21T09:59:59Z' }, '/alerts/1/endsAt'],
  ])('loses one alert with %j and keeps its neighbours', (more, pointer) => {
    const parsed = parseAlertmanager({ ...payload, alerts: [alert, { ...alert, ...more }, alert] });
    expect(parsed.ok && parsed.alerts.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(parsed.ok && parsed.alerts[1]).toMatchObject({ errors: [{ pointer }] });
  });

  test('keeps an alert whose annotations are too long, and says that they were cut', () => {
    const annotations = { description: `${'x'.repeat(4_095)}😀`, ...many(2), big: 'é'.repeat(60_000) };
    const parsed = parseAlertmanager({ ...payload, alerts: [{ ...alert, annotations }] });
    const kept = parsed.ok && parsed.alerts[0]?.ok ? parsed.alerts[0].alert : undefined;
    expect(kept?.truncated).toBe(true);
    expect(kept?.annotations['description']).toBe(`${'x'.repeat(4_095)}…`);
    expect(kept?.annotations['big']).toHaveLength(4_096);
    expect(Object.values(kept?.annotations ?? {}).every((text) => text.isWellFormed())).toBe(true);
  });

  test('leaves out links that are none', () => {
    const more = { generatorURL: 'javascript:alert(1)' };
    const parsed = parseAlertmanager({ ...payload, externalURL: '', alerts: [{ ...alert, ...more }] });
    const kept = parsed.ok && parsed.alerts[0];
    expect(kept).not.toHaveProperty('alert.generatorURL');
    expect(kept).not.toHaveProperty('alert.externalURL');
  });

  test('takes the zero time of Go for no end', () => {
    const parsed = parseAlertmanager({ ...payload, alerts: [{ ...alert, endsAt: '0001-01-01T00:00:00Z' }] });
    expect(parsed.ok && parsed.alerts[0]).toMatchObject({ ok: true });
  });
});

describe('a Prometheus payload', () => {
  test.each([
    [[{ labels: { alertname: 'A' }, state: 'odd' }], '/0/state'],
    [[{ labels: { job: 'a' }, state: 'firing' }], '/0/labels'],
    [[{ labels: { alertname: 'A' }, state: 'firing', activeAt: 1 }], '/0/activeAt'],
    [{ groups: [{ alerts: [null] }] }, '/groups/0/alerts/0'],
  ])('loses the alert of %j', (input, pointer) => {
    const parsed = parsePrometheus(input);
    expect(parsed.ok && parsed.alerts).toMatchObject([{ ok: false, errors: [{ pointer }] }]);
  });

  test.each([
    [{ groups: [] }],
    [{ groups: [{ alerts: 1 }] }],
    [[]],
    [{}],
    [Array.from({ length: 1_001 }, () => ({}))],
  ])('is refused as a whole: %#', (input) => {
    expect(parsePrometheus(input)).toMatchObject({ ok: false });
  });

  test('knows pending as firing and inactive as resolved', () => {
    const states = ['pending', 'firing', 'inactive'].map((state) => ({ labels: { alertname: 'A' }, state }));
    const parsed = parsePrometheus(states);
    expect(parsed.ok && parsed.alerts.map((one) => one.ok && one.alert.status)).toEqual([
      'firing',
      'firing',
      'resolved',
    ]);
  });
});

test.each([
  [{ status: 'firing' }, '/alertname'],
  [{ alertname: 'A', status: 'broken' }, '/status'],
  [{ alertname: 'A', labels: { x: {} } }, '/labels/x'],
  [{ alertname: 'A', labels: many(65) }, '/labels'],
  [{ alertname: 'A', timestamp: 'now' }, '/timestamp'],
  [
    { alertname: 'A', status: 'ok', startsAt: '2026-11-21T10:00:00Z', endsAt: '2026-11-21T09:00:00Z' },
    '/endsAt',
  ],
])('a generic alert is refused, %#', (input, pointer) => {
  expect(parseGeneric(input)).toMatchObject({ ok: false, errors: [{ pointer }] });
});
