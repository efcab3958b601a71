import { defineChannel } from '../channel.ts';
import { toAsciiAddress } from '../core/email-address.ts';
import { mailOf } from '../core/mail.ts';
import { type Outcome, type Reply, outcomeOf } from '../core/outcome.ts';
import { replyMembers } from '../core/reply-body.ts';
import { CHAT_RETRY_MS } from '../core/retry-schedule.ts';

/** A choice: far below the 40 MB of SES (developer guide, Service quotas). */
const MAX_TEXT = 100_000;
/** "Wait for an interval of up to 10 minutes" (SES developer guide, manage-sending-quotas-errors). */
const QUOTA_WAIT_MS = 600_000;
/** A choice, where a mail server says "too many" and nothing more. */
const BUSY_WAIT_MS = 60_000;

export const email = defineChannel({
  name: 'email',
  title: 'E-mail',
  fields: {
    via: { kind: 'text', about: 'Way to send: Amazon SES, or a mail server.', oneOf: ['ses', 'smtp'] },
    from: { kind: 'email', about: 'Sender; with SES an address or domain that is verified there.' },
    to: { kind: 'email', about: 'Recipient: one address.' },
    region: {
      kind: 'text',
      about: 'AWS region of SES when it is another one; only with via: ses.',
      optional: true,
      pattern: /^[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}$/,
    },
    smtpUrl: {
      kind: 'secret',
      about: 'Mail server: smtps://user:password@host:465, or smtp:// for STARTTLS; needed with via: smtp.',
      secret: true,
      optional: true,
      pattern: /^smtps?:\/\/[^\s/?#]+\/?$/,
      local: (_, __, smtpUrl = 'smtp://127.0.0.1:2525') => smtpUrl,
    },
    perSecond: {
      kind: 'integer',
      about: 'Mails per second the account or server takes; 10 unless given, 1 in the SES sandbox.',
      optional: true,
      min: 1,
      max: 1_000,
    },
  },
  payload: 'text',
  textBudget: { max: MAX_TEXT, unit: 'utf16' },
  // The quota of SES counts the whole account and differs per account (SES developer guide, quotas).
  scopes: [
    {
      name: 'account',
      key: ({ via, region = '', smtpUrl }) => (via === 'ses' ? `ses ${region}` : smtpUrl),
      limit: 10,
      limitOf: ({ perSecond }) => perSecond,
      perMs: 1_000,
      shared: true,
    },
  ],
  timeoutMs: 15_000,
  retryMs: CHAT_RETRY_MS,
  check({ via, region, smtpUrl }) {
    if (via === 'smtp' && smtpUrl === undefined) return [{ field: 'smtpUrl', message: 'is missing: via smtp needs it' }];
    if (via === 'smtp' && region !== undefined) return [{ field: 'region', message: 'leave it out: only via ses has one' }];
    if (via === 'ses' && smtpUrl !== undefined) return [{ field: 'smtpUrl', message: 'leave it out: only via smtp needs it' }];
    return [];
  },
  request(notification, settings, { wireId }) {
    const from = toAsciiAddress(settings.from) ?? '';
    const to = toAsciiAddress(settings.to) ?? '';
    const mail = mailOf(notification, MAX_TEXT);
    if (settings.via === 'smtp') {
      const messageId = `${wireId}@${from.split('@')[1]}`;
      return { transport: 'smtp', url: settings.smtpUrl ?? '', from, to, messageId, ...mail };
    }
    // docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html. Fields, not headers: nothing in a
    // title can become a header.
    const part = (data: string): object => ({ Data: data, Charset: 'UTF-8' });
    return {
      transport: 'aws',
      service: 'ses',
      ...(settings.region !== undefined && { region: settings.region }),
      method: 'POST',
      path: '/v2/email/outbound-emails',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        FromEmailAddress: from,
        Destination: { ToAddresses: [to] },
        Content: {
          Simple: { Subject: part(mail.subject), Body: { Text: part(mail.text), Html: part(mail.html) } },
        },
      }),
    };
  },
  outcome: (reply, nowMs, { via }) => (via === 'ses' ? sesOutcome(reply, nowMs) : smtpOutcome(reply, nowMs)),
});

type FullReply = Extract<Reply, { kind: 'reply' }>;

/** SES has no Retry-After: what it means stands in the name of the exception and its message. */
function sesOutcome(reply: FullReply, nowMs: number): Outcome {
  const { MessageId: id, message = '', Message = message, __type: type } = replyMembers(reply.body);
  if (reply.status === 200 && typeof id === 'string') return { kind: 'delivered', providerId: id };
  const error = `${reply.headers['x-amzn-errortype'] ?? type} ${Message}`;
  if (/daily message quota/i.test(error)) return { kind: 'retry', reason: 'rateLimited', afterMs: QUOTA_WAIT_MS };
  if (/Throttling|TooManyRequests|sending rate exceeded/i.test(error)) return { kind: 'retry', reason: 'rateLimited' };
  // A pause, or credentials and rights that somebody is just changing.
  if (/SendingPaused/.test(error)) return { kind: 'retry', reason: 'serverError' };
  if (reply.status === 403) return { kind: 'retry', reason: 'authError' };
  return outcomeOf(reply, nowMs);
}

/** RFC 5321 4.2.1: 4yz may succeed later, 5yz will not. 454 is what SES says to too many (SMTP interface). */
function smtpOutcome(reply: FullReply, nowMs: number): Outcome {
  const { status, body } = reply;
  if (status < 400) return outcomeOf(reply, nowMs);
  if (status < 500) {
    if (/daily message quota/i.test(body)) return { kind: 'retry', reason: 'rateLimited', afterMs: QUOTA_WAIT_MS };
    const busy = /throttl|too many|rate limit|sending rate/i.test(body);
    return busy
      ? { kind: 'retry', reason: 'rateLimited', afterMs: BUSY_WAIT_MS }
      : { kind: 'retry', reason: 'serverError' };
  }
  if (status === 530 || status === 535) return { kind: 'retry', reason: 'authError' };
  return { kind: 'reject', reason: status === 552 ? 'tooLarge' : 'clientError' };
}
