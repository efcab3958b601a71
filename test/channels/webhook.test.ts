import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import type { HttpRequest } from '../../lib/channel.ts';
import { webhook } from '../../lib/channels/webhook.ts';
import { ATTEMPT, NOTIFICATION } from '../conformance/samples.ts';
import { NOW, openTarget, replyOf } from './sample.ts';

const SECRETS = [7, 9].map((fill) => `whsec_${Buffer.alloc(32, fill).toString('base64')}`);
const url = 'https://example.com/hook';
const target = openTarget(webhook, { url, secrets: SECRETS });

describe('a webhook', () => {
  test('is not opened with settings that cannot have passed their check', () => {
    expect(() => openTarget(webhook, { secrets: SECRETS })).toThrow('opened without their check');
  });

  test('carries the event as it happened', () => {
    const request = target.request(NOTIFICATION, ATTEMPT) as HttpRequest;
    expect(request).toMatchObject({ method: 'POST', url, headers: { 'content-type': 'application/json' } });
    expect(JSON.parse(request.body)).toEqual({
      id: 'evt_1',
      type: 'orders.paid',
      timestamp: '2026-11-21T04:05:06.000Z',
      title: 'Order 17 is paid',
      text: 'Ada paid 12 EUR.\nShip it.',
      severity: 'warning',
      source: 'shop',
      url: 'https://shop.example.com/orders/17?a=1&b=2',
      data: { order: 17, title: 'Order 17 is paid' },
    });
  });

  test('is signed with every secret, for the moment of the attempt', () => {
    const atMs = Date.now();
    const { headers, body } = target.request(NOTIFICATION, { ...ATTEMPT, atMs }) as HttpRequest;
    expect(headers['webhook-id']).toBe(ATTEMPT.wireId);
    expect(headers['webhook-timestamp']).toBe(String(Math.floor(atMs / 1000)));
    for (const secret of SECRETS) expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => new Webhook(SECRETS[0] ?? '').verify(`${body} `, headers)).toThrow('No matching signature');
  });

  test('keeps id and body over attempts and renews timestamp and signature', () => {
    const [first, second] = [0, 5_000].map(
      (later) => target.request(NOTIFICATION, { ...ATTEMPT, atMs: ATTEMPT.atMs + later }) as HttpRequest,
    );
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second?.headers['webhook-signature']).not.toBe(first?.headers['webhook-signature']);
  });

  test('has no signature without secrets', () => {
    const { headers } = openTarget(webhook, { url }).request(NOTIFICATION, ATTEMPT) as HttpRequest;
    expect(Object.keys(headers).toSorted()).toEqual(['content-type', 'webhook-id', 'webhook-timestamp']);
  });

  test('adds headers in lower case, and never in the place of its own', () => {
    const own = openTarget(webhook, {
      url,
      headers: { 'X-Team': 'a' },
      secretHeaders: ['Authorization: Bearer x:y', 'webhook-id: forged'],
    });
    const { headers } = own.request(NOTIFICATION, ATTEMPT) as HttpRequest;
    expect(headers).toMatchObject({
      'x-team': 'a',
      authorization: 'Bearer x:y',
      'webhook-id': ATTEMPT.wireId,
    });
    expect(own.secrets).toContain('Authorization: Bearer x:y');
  });

  test('asks for consent where it is told to, and says with every delivery who it is', () => {
    expect(target.handshake).toBeUndefined();
    const settings = {
      url,
      secretHeaders: ['Authorization: Bearer x'],
      handshakeOrigin: 'fanfare.example.com',
    };
    const options = { tenant: 'acme', destination: 'ops', rate: { limit: 2, perMs: 1_000 } };
    const asking = webhook.open(settings, options);
    expect(asking.handshake?.request).toEqual({
      transport: 'http',
      method: 'OPTIONS',
      url,
      headers: {
        authorization: 'Bearer x',
        'webhook-request-origin': 'fanfare.example.com',
        'webhook-request-rate': '120',
      },
      body: '',
    });
    const { headers } = asking.request(NOTIFICATION, ATTEMPT) as HttpRequest;
    expect(headers['webhook-request-origin']).toBe('fanfare.example.com');
    const read = asking.handshake?.read;
    const headersOf = (origin: string) => ({
      'webhook-allowed-origin': origin,
      'webhook-allowed-rate': '90',
    });
    const reply = { kind: 'reply', status: 200, body: '' } as const;
    const rate = { limit: 90, perMs: 60_000 };
    expect(read?.({ ...reply, headers: headersOf('*') })).toEqual({ granted: true, rate });
    expect(read?.({ ...reply, headers: headersOf('example.com') })).toMatchObject({ granted: false });
  });

  test('comes again on the schedule of Standard Webhooks, in 75 h 35 min 5 s', () => {
    expect(webhook.retryMs.length).toBe(9);
    expect(webhook.retryMs.reduce((sum, wait) => sum + wait, 0)).toBe(((75 * 60 + 35) * 60 + 5) * 1_000);
  });

  test.each([
    [200, { kind: 'delivered' }],
    [204, { kind: 'delivered' }],
    [301, { kind: 'retry', reason: 'serverError' }],
    [400, { kind: 'reject', reason: 'clientError' }],
    [401, { kind: 'retry', reason: 'authError' }],
    [403, { kind: 'retry', reason: 'authError' }],
    [404, { kind: 'retry', reason: 'clientError' }],
    [405, { kind: 'reject', reason: 'clientError' }],
    [408, { kind: 'retry', reason: 'timeout' }],
    [410, { kind: 'gone', reason: 'clientError' }],
    [413, { kind: 'reject', reason: 'tooLarge' }],
    [422, { kind: 'reject', reason: 'clientError' }],
    [425, { kind: 'retry', reason: 'timeout' }],
    [429, { kind: 'retry', reason: 'rateLimited' }],
    [500, { kind: 'retry', reason: 'serverError' }],
    [504, { kind: 'retry', reason: 'serverError' }],
  ])('takes %i for its outcome', (status, outcome) => {
    expect(target.outcome(replyOf(status), NOW)).toEqual(outcome);
  });

  test('heeds Retry-After of a busy receiver', () => {
    expect(target.outcome(replyOf(503, '', { 'retry-after': '120' }), NOW)).toEqual({
      kind: 'retry',
      reason: 'serverError',
      afterMs: 120_000,
    });
  });
});
