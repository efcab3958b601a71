import { once } from 'node:events';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { parseMail } from './mail.ts';
import type { Decision, Words } from './judge.ts';
import type { Received } from './inbox.ts';
import { portOf } from './http.ts';
import type { Reading } from './provider.ts';

/** Source: SES developer guide, Service quotas; other servers announce theirs by SIZE (RFC 1870). */
const MESSAGE_MAX_BYTES = 40 * 1024 * 1024;

/** Texts of RFC 5321 and RFC 3463; 454 is what SES says when its sending rate is exceeded. */
const REPLIES: Readonly<Record<number, string>> = {
  421: '4.3.2 Service not available, closing transmission channel',
  450: '4.2.1 Mailbox unavailable, try again later',
  451: '4.3.0 Requested action aborted: local error in processing',
  452: '4.3.1 Insufficient system storage',
  454: '4.7.0 Throttling failure: Maximum sending rate exceeded.',
  550: '5.1.1 Mailbox unavailable',
  552: '5.3.4 Message size exceeds fixed limit',
  554: '5.6.0 Transaction failed',
};

export interface SmtpDeps {
  readonly decide: (channel: string, reading: Reading, words: Words) => Decision;
  readonly record: (received: Omit<Received, 'atMs'>) => void;
  /** Resolves after so many ms, at once for 0, never once the twin closes. */
  readonly wait: (ms: number) => Promise<void>;
}

const words: Words = {
  accept: () => ({ status: 250, body: '2.0.0 Ok: taken by the twin' }),
  limited: () => ({ status: 454, body: REPLIES[454] }),
  fail(told) {
    // A 429 told to the whole e-mail channel is 454 here.
    const status = told === 429 ? 454 : told;
    return { status, body: REPLIES[status] ?? 'as told' };
  },
};

class SmtpReply extends Error {
  override readonly name = 'SmtpReply';
  readonly responseCode: number;
  constructor(code: number, text: string) {
    super(text);
    this.responseCode = code;
  }
}

type Callback = (error?: Error | null, text?: string) => void;

/** A mail server on 127.0.0.1 that takes every mail: AUTH is optional and any password is right, no STARTTLS. */
export async function startSmtp(
  port: number,
  deps: SmtpDeps,
): Promise<{ url: string; close(): Promise<void> }> {
  async function reply(
    raw: Buffer,
    session: SMTPServerSession,
    tooBig: boolean,
    callback: Callback,
  ): Promise<void> {
    const { code, text } = await take(raw, session, tooBig, deps);
    if (code < 300) callback(null, text);
    else callback(new SmtpReply(code, text));
  }

  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    size: MESSAGE_MAX_BYTES,
    closeTimeout: 50,
    onAuth: ({ username }, _session, callback) => callback(null, { user: username ?? 'twin' }),
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        void reply(Buffer.concat(chunks), session, stream.sizeExceeded, callback);
      });
    },
  });
  // A client that goes away mid-command is its own business.
  server.on('error', () => {});
  const listening = server.listen(port, '127.0.0.1');
  await once(listening, 'listening');
  return {
    url: `smtp://127.0.0.1:${portOf(listening)}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

async function take(
  raw: Buffer,
  { envelope }: SMTPServerSession,
  tooBig: boolean,
  { decide, record, wait }: SmtpDeps,
) {
  const from = envelope.mailFrom ? envelope.mailFrom.address : '';
  const destination = envelope.rcptTo.map(({ address }) => address).join(', ');
  const answer = { status: 552, body: REPLIES[552] };
  const refusal = tooBig ? { why: `larger than ${MESSAGE_MAX_BYTES} bytes`, answer } : undefined;
  const decision = decide('email', { destination, refusal }, words);
  record({
    channel: 'email',
    destination,
    transport: 'smtp',
    path: `MAIL FROM:<${from}>`,
    headers: parseMail(raw).headers,
    raw,
    verdict: decision.verdict,
    why: decision.why,
    status: decision.answer?.status,
  });
  await wait(decision.answer ? decision.delayMs : Infinity);
  return { code: decision.answer?.status ?? 250, text: replyText(decision.answer?.body) };
}

function replyText(body: unknown): string {
  return typeof body === 'string' ? body.replaceAll(/[\r\n]+/g, ' ') : JSON.stringify(body ?? 'Ok');
}
