import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseMail } from '../../../cdk/local/twin/mail.ts';
import { type TestTwin, testTwin } from './knock.ts';

const MAIL = {
  from: 'Fänfare <fanfare@example.com>',
  to: 'team@example.com',
  subject: 'Plattenplatz fast erschöpft auf db-1: 93 % belegt, bitte aufräumen 🎉 und zwar möglichst bald',
  text: 'Grüße\n.\n..dots\nfrom ünïcode',
  html: '<p>Grüße &amp; <b>küsse</b></p>',
};

describe('smtp', () => {
  let twin: TestTwin;
  beforeAll(async () => {
    twin = await testTwin();
  });
  beforeEach(async () => {
    await twin.call('DELETE', '/inbox.json');
    await twin.call('DELETE', '/behaviour/email');
  });
  afterAll(() => twin.close());

  async function send(mail: object = MAIL, options: object = {}) {
    const transport = createTransport({ url: twin.smtpUrl, ...options });
    try {
      return await transport.sendMail(mail);
    } finally {
      transport.close();
    }
  }

  test('takes a mail and shows it parsed and as bytes', async () => {
    await send({ ...MAIL, messageId: '<msg_1@fanfare>' });
    const [entry] = await twin.inbox();

    expect(entry).toMatchObject({
      channel: 'email',
      destination: 'team@example.com',
      transport: 'smtp',
      verdict: 'accepted',
      status: 250,
      body: { from: MAIL.from, to: MAIL.to, subject: MAIL.subject, html: MAIL.html },
    });
    expect(entry.body.text.replaceAll('\r\n', '\n').trimEnd()).toBe(MAIL.text);
    expect(entry.body.headers['message-id']).toBe('<msg_1@fanfare>');
    expect(entry.raw).toMatch(/^From: .*\r\n/);
  });

  test('takes any credentials, and none', async () => {
    const { hostname, port } = new URL(twin.smtpUrl);
    await send(MAIL, { url: undefined, host: hostname, port: Number(port), auth: { user: 'a', pass: 'b' } });
    await send();
    expect(await twin.inbox()).toHaveLength(2);
  });

  test.each([
    [451, 451],
    [550, 550],
    [429, 454],
  ])('answers with the code it was told: %i as %i', async (status, code) => {
    await twin.call('PUT', '/behaviour/email', { status });
    await expect(send()).rejects.toMatchObject({ responseCode: code });
    expect((await twin.inbox())[0]).toMatchObject({ verdict: 'refused', status: code });
  });

  test('hangs when told to', async () => {
    await twin.call('PUT', '/behaviour/email', { hang: true });
    await expect(send(MAIL, { socketTimeout: 300 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect((await twin.inbox())[0]).toMatchObject({ verdict: 'refused', status: null });
  });
});

describe('mail', () => {
  test.each([
    ['plain, unencoded', 'Subject: a\r\n\r\nbody\r\n', { subject: 'a', text: 'body\r\n' }],
    ['without a body', 'Subject: a', { subject: 'a', text: '' }],
    ['a folded subject', 'Subject: a\r\n b\r\n\r\n', { subject: 'a b' }],
    [
      'words split inside a character',
      'Subject: =?utf-8?B?w7w=?= =?UTF-8?Q?=C3?=\r\n =?utf-8?q?=BC_x?=\r\n\r\n',
      { subject: 'üü x' },
    ],
    [
      'latin1 base64',
      'Content-Type: text/plain; charset="iso-8859-1"\r\nContent-Transfer-Encoding: base64\r\n\r\n/A==',
      { text: 'ü' },
    ],
    [
      'nested parts',
      'Content-Type: multipart/mixed; boundary=a\r\n\r\nskip\r\n--a\r\nContent-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b--\r\n--a\r\nContent-Type: text/plain\r\n\r\nother\r\n--a--\r\n',
      { text: 'text', html: '<p>' },
    ],
    ['an unknown charset', 'Content-Type: text/plain; charset=klingon\r\n\r\nx', { text: 'x' }],
  ])('reads %s', (_, source, expected) => {
    expect(parseMail(Buffer.from(source, 'utf8'))).toMatchObject(expected);
  });
});
