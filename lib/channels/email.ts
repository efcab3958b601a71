import { defineChannel } from '../channel.ts';
import { toAsciiAddress } from '../core/email-address.ts';
import { mailOf } from '../core/mail.ts';
import { sesOutcome, smtpOutcome } from '../core/mail-outcome.ts';
import { CHAT_RETRY_MS } from '../core/retry-schedule.ts';

/** A choice: far below the 40 MB of SES (developer guide, Service quotas). */
const MAX_TEXT = 100_000;

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
    if (via === 'smtp' && smtpUrl === undefined)
      return [{ field: 'smtpUrl', message: 'is missing: via smtp needs it' }];
    if (via === 'smtp' && region !== undefined)
      return [{ field: 'region', message: 'leave it out: only via ses has one' }];
    if (via === 'ses' && smtpUrl !== undefined)
      return [{ field: 'smtpUrl', message: 'leave it out: only via smtp needs it' }];
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
          Simple: {
            Subject: part(mail.subject),
            Body: { Text: part(mail.text), Html: part(mail.html) },
            ...(mail.headers && {
              Headers: Object.entries(mail.headers).map(([Name, Value]) => ({ Name, Value })),
            }),
          },
        },
      }),
    };
  },
  rateHint: () => ({ scope: 'account' }),
  outcome: (reply, nowMs, { via }) => (via === 'ses' ? sesOutcome(reply, nowMs) : smtpOutcome(reply, nowMs)),
});

function part(text: string): object {
  return { Data: text, Charset: 'UTF-8' };
}
