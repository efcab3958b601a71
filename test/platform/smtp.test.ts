import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createSmtp, type SmtpOptions } from '../../lib/platform/smtp.ts';
import { TEST_CERT, TEST_KEY } from '../fixtures/test-certificate.ts';
import { listen, receive } from './receivers.ts';

const OPTIONS = { timeoutMs: 5_000, secrets: [] };

function mailFor(url: string) {
  return {
    transport: 'smtp',
    url,
    from: 'Fanfare <from@example.com>',
    to: 'to@example.com',
    subject: 'Disk full – ü',
    text: 'plain',
    html: '<b>rich</b>',
    messageId: 'msg_1@example.com',
  } as const;
}

function clientFor(host: string, options: Partial<SmtpOptions> = {}) {
  const client = createSmtp({ localHosts: [host], ...options });
  onTestFinished(() => client.close());
  return client;
}

/** A mail server with a log of its mails and sessions. */
async function mailServer(options: SMTPServerOptions = {}) {
  const mails: string[] = [];
  const sessions = new Set<string>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    async onData(stream, session, callback) {
      sessions.add(session.id);
      mails.push(await text(stream));
      callback();
    },
    ...options,
  });
  const { host } = await listen(server.server);
  return { host, mails, sessions };
}

describe('a mail', () => {
  test('arrives with its id, subject and both bodies, and brings the code of the server back', async () => {
    const { host, mails } = await mailServer();
    const reply = await clientFor(host).send(mailFor(`smtp://${host}`), OPTIONS);
    expect(reply).toMatchObject({ kind: 'reply', status: 250 });
    expect(mails[0]).toContain('Message-ID: <msg_1@example.com>');
    expect(mails[0]).toContain('Subject: =?UTF-8?');
    expect(mails[0]).toMatch(/plain[^]*<b>rich<\/b>/);
  });

  test('carries a header of any length on one line, so that signatures hold', async () => {
    const { host, mails } = await mailServer();
    const url = `<https://api.example.com/v1/links/${'x'.repeat(800)}>`;
    const headers = { 'List-Unsubscribe': url, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' };
    await clientFor(host).send({ ...mailFor(`smtp://${host}`), headers }, OPTIONS);
    for (const [name, value] of Object.entries(headers))
      expect(`\r\n${mails[0]}`).toContain(`\r\n${name}: ${value}\r\n`);
  });

  test('shares its session with the mails before it', async () => {
    const { host, mails, sessions } = await mailServer();
    const { send } = clientFor(host);
    for (let n = 0; n < 4; n += 1) await send(mailFor(`smtp://${host}`), OPTIONS);
    expect(mails).toHaveLength(4);
    expect(sessions.size).toBe(1);
  });

  test('logs in, and a wrong password is a reply without the password in it', async () => {
    const { host, mails } = await mailServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _, callback) =>
        password === 'c4n/ary-pass'
          ? callback(null, { user: username })
          : callback(new Error(`no ${password}`)),
    });
    const { send } = clientFor(host);
    expect(await send(mailFor(`smtp://me:c4n%2Fary-pass@${host}`), OPTIONS)).toMatchObject({ status: 250 });
    expect(mails).toHaveLength(1);
    const refused = await send(mailFor(`smtp://me:wrong-canary@${host}`), OPTIONS);
    expect(refused).toMatchObject({ kind: 'reply', status: 535 });
    expect(JSON.stringify(refused)).not.toContain('wrong-canary');
  });

  test.each([450, 550, 421])('refused with %i brings that code back', async (responseCode) => {
    const { host } = await mailServer({
      onRcptTo: (_, __, callback) => callback(Object.assign(new Error('not here'), { responseCode })),
    });
    const reply = await clientFor(host).send(mailFor(`smtp://${host}`), OPTIONS);
    expect(reply).toMatchObject({
      kind: 'reply',
      status: responseCode,
      body: expect.stringContaining('not here'),
    });
  });

  test('refused after its content brings that code back, and the session goes on', async () => {
    let refuse = true;
    const { host } = await mailServer({
      async onData(stream, _, callback) {
        await text(stream);
        callback(refuse ? Object.assign(new Error('spam'), { responseCode: 554 }) : null);
        refuse = false;
      },
    });
    const { send } = clientFor(host);
    expect(await send(mailFor(`smtp://${host}`), OPTIONS)).toMatchObject({ kind: 'reply', status: 554 });
    expect(await send(mailFor(`smtp://${host}`), OPTIONS)).toMatchObject({ kind: 'reply', status: 250 });
  });
});

describe('a mail server that', () => {
  test('is not there has taken nothing', async () => {
    const reply = await clientFor('127.0.0.1:1').send(mailFor('smtp://127.0.0.1:1'), OPTIONS);
    expect(reply).toMatchObject({ kind: 'failure', reason: 'network', started: false });
  });

  test('never greets runs into the deadline', async () => {
    const { host } = await receive(() => {});
    const reply = await clientFor(host).send(mailFor(`smtp://${host}`), { ...OPTIONS, timeoutMs: 150 });
    expect(reply).toMatchObject({ kind: 'failure', reason: 'timeout' });
  });

  test('drips its greeting runs into the same deadline', async () => {
    const { host } = await receive((socket) => {
      const drip = setInterval(() => socket.write('2'), 10);
      socket.on('close', () => clearInterval(drip));
    });
    const reply = await clientFor(host).send(mailFor(`smtp://${host}`), { ...OPTIONS, timeoutMs: 150 });
    expect(reply).toMatchObject({ kind: 'failure', reason: 'timeout' });
  });

  test('hangs up in the middle of a mail may have taken it', async () => {
    const { host } = await receive((socket) => {
      const answers = ['220 hi\r\n', '250 hello\r\n', '250 ok\r\n', '250 ok\r\n', '354 go on\r\n'];
      socket.write(answers.shift() ?? '');
      socket.on('data', () => {
        const next = answers.shift();
        if (next === undefined) socket.destroy();
        else socket.write(next);
      });
    });
    const reply = await clientFor(host).send(mailFor(`smtp://${host}`), OPTIONS);
    expect(reply).toMatchObject({ kind: 'failure', reason: 'network', started: true });
  });

  test('has a certificate nobody vouches for gets no mail', async () => {
    const mails: string[] = [];
    const server = new SMTPServer({
      secure: true,
      cert: TEST_CERT,
      key: TEST_KEY,
      authOptional: true,
      async onData(stream, _, callback) {
        mails.push(await text(stream));
        callback();
      },
    });
    server.on('error', () => {});
    const { host } = await listen(server.server, { wraps: true });
    const reply = await clientFor(host).send(mailFor(`smtps://${host}`), OPTIONS);
    expect(reply).toMatchObject({ kind: 'failure', reason: 'tls', started: false });
    expect(await clientFor(host, { ca: TEST_CERT }).send(mailFor(`smtps://${host}`), OPTIONS)).toMatchObject({
      status: 250,
    });
    expect(mails).toHaveLength(1);
  });
});

describe('the address guard of mail', () => {
  test('refuses inner addresses, literal or looked up, with no connection made', async () => {
    const inside = await receive(() => {});
    const resolve = async () => ['127.0.0.1'];
    const { send } = clientFor('127.0.0.1:1', { resolve });
    for (const name of [
      '127.0.0.1',
      '127.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      'localhost',
      'rebind.example.com',
    ]) {
      const reply = await send(mailFor(`smtp://${name}:${inside.port}`), OPTIONS);
      expect(reply).toMatchObject({ kind: 'failure', reason: 'blocked', started: false });
    }
    expect(inside.connections()).toBe(0);
  });

  test('calls a name that does not exist a failure of dns', async () => {
    const resolve = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    const reply = await clientFor('127.0.0.1:1', { resolve }).send(
      mailFor('smtp://mail.example.com:25'),
      OPTIONS,
    );
    expect(reply).toMatchObject({ kind: 'failure', reason: 'dns', started: false });
  });

  test('does not repeat a URL it cannot read', async () => {
    const reply = await clientFor('127.0.0.1:1').send(mailFor('smtp://user:canary@:x'), OPTIONS);
    expect(reply).toMatchObject({ kind: 'failure', reason: 'settings' });
    expect(JSON.stringify(reply)).not.toContain('canary');
  });
});
