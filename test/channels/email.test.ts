import { describe, expect, test } from 'vitest';
import { email } from '../../lib/channels/email.ts';
import { ATTEMPT, NOTIFICATION } from '../conformance/samples.ts';
import { NOW, openTarget, replyOf } from './sample.ts';

const base = { from: 'alerts@bücher.example', to: 'team@example.com' };
const bySes = openTarget(email, { ...base, via: 'ses', region: 'eu-west-1' });
const bySmtp = openTarget(email, { ...base, via: 'smtp', smtpUrl: 'smtps://u:p@mail.example.com' });

describe('e-mail', () => {
  test('goes to SES as fields, with domains in punycode', () => {
    const request = bySes.request(NOTIFICATION, ATTEMPT);
    expect(request).toMatchObject({
      transport: 'aws',
      service: 'ses',
      region: 'eu-west-1',
      method: 'POST',
      path: '/v2/email/outbound-emails',
    });
    const body = JSON.parse(String('body' in request && request.body)) as object;
    expect(body).toMatchObject({
      FromEmailAddress: 'alerts@xn--bcher-kva.example',
      Destination: { ToAddresses: ['team@example.com'] },
      Content: { Simple: { Subject: { Data: '[WARNING] Order 17 is paid', Charset: 'UTF-8' } } },
    });
    expect(body).toHaveProperty(
      'Content.Simple.Body.Text.Data',
      'Ada paid 12 EUR.\nShip it.\n\nhttps://shop.example.com/orders/17?a=1&b=2\n\n-- \norders.paid · shop · 2026-11-21 04:05:06 UTC',
    );
    expect(body).toHaveProperty('Content.Simple.Body.Html.Data', expect.stringContaining('<h2'));
  });

  test('goes to a mail server with a message id that stays the same over attempts', () => {
    const [first, second] = [1, 2].map((n) => bySmtp.request(NOTIFICATION, { ...ATTEMPT, n }));
    expect(first).toEqual(second);
    expect(first).toMatchObject({
      transport: 'smtp',
      url: 'smtps://u:p@mail.example.com',
      from: 'alerts@xn--bcher-kva.example',
      subject: '[WARNING] Order 17 is paid',
      messageId: `${ATTEMPT.wireId}@xn--bcher-kva.example`,
    });
  });

  test('has a subject on one line and HTML that shows tags instead of obeying them', () => {
    const request = bySmtp.request(
      { ...NOTIFICATION, title: 'a\r\nBcc: b@example.com', text: '<b>&' },
      ATTEMPT,
    );
    expect(request).toMatchObject({
      subject: '[WARNING] a Bcc: b@example.com',
      html: expect.stringContaining('&lt;b&gt;&amp;'),
    });
  });

  test('counts the account of SES, and the server of SMTP, at the rate its owner knows', () => {
    const [ses, sandbox, smtp] = [
      { via: 'ses' },
      { via: 'ses', perSecond: 1 },
      { via: 'smtp', smtpUrl: 'smtp://a' },
    ].map((settings) => openTarget(email, { ...base, ...settings }).scopes[1]);
    expect(ses).toMatchObject({ limit: 10, perMs: 1_000, shared: true });
    expect(sandbox).toEqual({ ...ses, limit: 1, fixed: true });
    expect(smtp?.id).not.toBe(ses?.id);
  });

  test.each([
    ['acceptance', replyOf(200, { MessageId: 'm-1' }), { kind: 'delivered', providerId: 'm-1' }],
    [
      'too many',
      replyOf(429, { message: 'x' }, { 'x-amzn-errortype': 'TooManyRequestsException' }),
      { kind: 'retry', reason: 'rateLimited' },
    ],
    [
      'throttling as 400',
      replyOf(
        400,
        { message: 'Maximum sending rate exceeded.' },
        { 'x-amzn-errortype': 'ThrottlingException' },
      ),
      { kind: 'retry', reason: 'rateLimited' },
    ],
    [
      'the end of the daily quota',
      replyOf(400, { __type: 'ThrottlingException', message: 'Daily message quota exceeded' }),
      { kind: 'retry', reason: 'rateLimited', afterMs: 600_000 },
    ],
    [
      'a pause',
      replyOf(400, '', { 'x-amzn-errortype': 'SendingPausedException:http://x' }),
      { kind: 'retry', reason: 'serverError' },
    ],
    [
      'a refusal',
      replyOf(400, '', { 'x-amzn-errortype': 'MessageRejected' }),
      { kind: 'reject', reason: 'clientError' },
    ],
    ['missing rights', replyOf(403), { kind: 'retry', reason: 'authError' }],
    ['trouble', replyOf(503), { kind: 'maybe', reason: 'serverError' }],
  ])('understands %s of SES', (_, reply, outcome) => {
    expect(bySes.outcome(reply, NOW)).toEqual(outcome);
  });

  test.each([
    ['acceptance', replyOf(250, '2.0.0 queued'), { kind: 'delivered' }],
    [
      'a busy server',
      replyOf(421, 'Too many connections'),
      { kind: 'retry', reason: 'rateLimited', afterMs: 60_000 },
    ],
    [
      'the rate of SES',
      replyOf(454, 'Throttling failure: Maximum sending rate exceeded'),
      { kind: 'retry', reason: 'rateLimited', afterMs: 60_000 },
    ],
    [
      'the quota of SES',
      replyOf(454, 'Throttling failure: Daily message quota exceeded'),
      { kind: 'retry', reason: 'rateLimited', afterMs: 600_000 },
    ],
    ['greylisting', replyOf(451, 'Try again later'), { kind: 'retry', reason: 'serverError' }],
    ['a wrong password', replyOf(535), { kind: 'retry', reason: 'authError' }],
    ['an unknown mailbox', replyOf(550), { kind: 'reject', reason: 'clientError' }],
    ['a mail that is too large', replyOf(552), { kind: 'reject', reason: 'tooLarge' }],
  ])('understands %s of a mail server', (_, reply, outcome) => {
    expect(bySmtp.outcome(reply, NOW)).toEqual(outcome);
  });
});
