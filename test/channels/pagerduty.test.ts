import { describe, expect, test } from 'vitest';
import { pagerduty } from '../../lib/channels/pagerduty.ts';
import { draftOfAlert } from '../../lib/core/alert.ts';
import type { Notification } from '../../lib/core/notification.ts';
import { render } from '../../lib/core/render.ts';
import { parseAlertmanager } from '../../lib/core/sources/alertmanager.ts';
import { ATTEMPT, NOTIFICATION } from '../conformance/samples.ts';
import { fixture } from '../e2e/rig.ts';
import { NOW, openTarget, replyOf } from './sample.ts';

const ROUTING_KEY = '0123456789abcdef0123456789abcdef';
const target = openTarget(pagerduty, { routingKey: ROUTING_KEY });

interface Sent {
  readonly event_action: string;
  readonly dedup_key: string;
  readonly links?: unknown;
  readonly payload: Readonly<Record<string, unknown>>;
}

function sent(notification: Notification, attempt = ATTEMPT): Sent {
  const request = target.request(notification, attempt);
  return JSON.parse('body' in request ? request.body : '') as Sent;
}

/** The notification of the one alert in a fixture, on the way it takes. */
function alertOf(name: string): Notification {
  const parsed = parseAlertmanager(fixture(name));
  const [first] = parsed.ok ? parsed.alerts : [];
  if (!first?.ok) throw new Error('no alert');
  const event = { id: `evt_${name.length}`, lane: 'normal', ...draftOfAlert(first.alert, NOW) } as const;
  return render({ time: NOTIFICATION.time, ...event }, undefined, 'event');
}

describe('PagerDuty', () => {
  test('triggers an alert of its own for an event that names no incident', () => {
    expect(target.request(NOTIFICATION, ATTEMPT)).toMatchObject({
      url: 'https://events.pagerduty.com/v2/enqueue',
    });
    expect(sent(NOTIFICATION)).toEqual({
      routing_key: ROUTING_KEY,
      event_action: 'trigger',
      dedup_key: ATTEMPT.wireId,
      client: 'Fanfare',
      links: [{ href: 'https://shop.example.com/orders/17?a=1&b=2', text: 'Open' }],
      payload: {
        summary: 'Order 17 is paid',
        source: 'shop',
        severity: 'warning',
        timestamp: '2026-11-21T04:05:06.000Z',
        class: 'orders.paid',
        custom_details: {
          text: 'Ada paid 12 EUR.\nShip it.',
          topic: 'orders.paid',
          source: 'shop',
          data: { order: 17, title: 'Order 17 is paid' },
        },
      },
    });
  });

  test('resolves an alert under the key that triggered it, and repeats it under the same', () => {
    const [firing, resolved] = ['alertmanager-firing-1.json', 'alertmanager-resolved-1.json'].map(alertOf);
    const other = { ...ATTEMPT, wireId: 'msg_another', n: 2 };
    const [trigger, resolve] = [sent(firing!), sent(resolved!, other as typeof ATTEMPT)];

    expect([trigger.event_action, resolve.event_action]).toEqual(['trigger', 'resolve']);
    expect(trigger.dedup_key).toBe(firing?.data?.['fingerprint']);
    expect(resolve.dedup_key).toBe(trigger.dedup_key);
    expect(trigger.payload).toMatchObject({ source: 'api-1:9090', class: 'HighErrorRate' });
  });

  test('takes the key of the incident as the producer gave it, or its hash when it is too long', () => {
    expect(sent({ ...NOTIFICATION, dedupeKey: 'disk of db-1' }).dedup_key).toBe('disk of db-1');
    const [one, same, two] = ['x', 'x', 'y'].map(
      (end) => sent({ ...NOTIFICATION, dedupeKey: `${'k'.repeat(255)}${end}` }).dedup_key,
    );
    expect(one).toMatch(/^[\w-]{43}$/);
    expect([one === same, one === two]).toEqual([true, false]);
  });

  test.each([
    ['critical', 'critical'],
    ['debug', 'info'],
    [undefined, 'error'],
  ] as const)('takes the severity %s for %s', (severity, expected) => {
    const { severity: _, ...rest } = NOTIFICATION;
    expect(sent({ ...rest, ...(severity && { severity }) }).payload['severity']).toBe(expected);
  });

  test('always names a source, and leaves out what it does not know', () => {
    const { source: _, url: __, data: ___, ...bare } = NOTIFICATION;
    const { links, payload } = sent(bare);
    expect(payload).toMatchObject({ source: 'orders.paid' });
    expect([links, payload['component'], payload['group']]).toEqual([undefined, undefined, undefined]);
  });

  test('sends to the region of the account, or through a proxy of its owner', () => {
    const urls = [{ region: 'us' }, { region: 'eu' }, { apiUrl: 'https://out.example.com/pd/' }].map(
      (where) => {
        const request = openTarget(pagerduty, { routingKey: ROUTING_KEY, ...where }).request(
          NOTIFICATION,
          ATTEMPT,
        );
        return 'url' in request && request.url;
      },
    );
    expect(urls).toEqual([
      'https://events.pagerduty.com/v2/enqueue',
      'https://events.eu.pagerduty.com/v2/enqueue',
      'https://out.example.com/pd/v2/enqueue',
    ]);
  });

  test.each([
    [
      'an accepted event',
      replyOf(202, { status: 'success', message: 'Event processed', dedup_key: 'k' }),
      { kind: 'delivered', providerId: 'k' },
    ],
    ['an invalid event', replyOf(400), { kind: 'reject', reason: 'clientError' }],
    ['a rate: minutes', replyOf(429), { kind: 'retry', reason: 'rateLimited', afterMs: 120_000 }],
    [
      'a rate, header first',
      replyOf(429, '', { 'retry-after': '30' }),
      { kind: 'retry', reason: 'rateLimited', afterMs: 30_000 },
    ],
    ['trouble', replyOf(503), { kind: 'maybe', reason: 'serverError' }],
  ])('understands %s', (_, reply, outcome) => {
    expect(target.outcome(reply, NOW)).toEqual(outcome);
  });

  test('sends again what may have been accepted, however long it takes: the key makes one of both', () => {
    expect(target.doubt).toEqual({ kind: 'resend', withinMs: undefined });
  });
});
