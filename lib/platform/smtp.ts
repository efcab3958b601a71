import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { createTransport, type SendMailOptions, type Transporter } from 'nodemailer';
import type { MailRequest } from '../channel.ts';
import { type MailServer, parseMailUrl } from '../core/mail-url.ts';
import type { Reason, Reply } from '../core/outcome.ts';
import { describeError, redactSecrets } from '../core/redact.ts';
import { DeadlineError, reasonOf } from './exchange.ts';
import { createGuardedLookup, type Resolve } from './guarded-lookup.ts';
import type { PostOptions } from './post.ts';

export interface SmtpClient {
  /** Sends one mail; the reply's `status` is the SMTP code. Never throws. */
  readonly send: (mail: MailRequest, options: PostOptions) => Promise<Reply>;
  /** Ends idle sessions. */
  close(): void;
}

export interface SmtpOptions {
  /** Loopback `host:port` values that are let through (`readLocalHosts`). */
  readonly localHosts: readonly string[];
  readonly resolve?: Resolve;
  /** Root certificates instead of the built-in ones. */
  readonly ca?: string;
}

const CONNECT_MS = 5_000;
const IDLE_MS = 60_000;
const MAX_SESSIONS_PER_SERVER = 5;
const MAX_SERVERS = 20;

/**
 * Mail over SMTP: sessions are kept per server and login, because a session costs six round trips and a mail
 * on an open one three. Servers are reached through the same address check as every other destination.
 */
export function createSmtp({ localHosts, resolve, ca }: SmtpOptions): SmtpClient {
  const lookup = createGuardedLookup(resolve);
  const pools = new Map<string, Transporter>();

  function poolOf(url: string, server: MailServer): Transporter {
    const pool =
      pools.get(url) ??
      createPool(
        server,
        () => open(server, { ...(!server.local && { lookup }), ...(ca !== undefined && { ca }) }),
        ca,
      );
    // Last used last: the first is the one to let go.
    pools.delete(url);
    pools.set(url, pool);
    const [[oldest, idle] = []] = pools;
    if (pools.size > MAX_SERVERS && oldest !== undefined) {
      pools.delete(oldest);
      idle?.close();
    }
    return pool;
  }

  return {
    async send(mail, { timeoutMs, secrets }) {
      const parsed = parseMailUrl(mail.url, localHosts);
      if (!parsed.ok)
        return refusal(
          parsed.code === 'url-blocked' ? 'blocked' : 'settings',
          `the mail server ${parsed.message}`,
        );
      const withUrl = [...secrets, mail.url, ...(parsed.server.password ? [parsed.server.password] : [])];
      try {
        const response = await deliver(poolOf(mail.url, parsed.server), mail, timeoutMs);
        return replyOf(response, withUrl);
      } catch (error) {
        return replyOfError(error as SmtpError, withUrl);
      }
    },
    close() {
      for (const pool of pools.values()) pool.close();
      pools.clear();
    },
  };
}

function createPool(
  server: MailServer,
  openSocket: () => Promise<Socket>,
  ca: string | undefined,
): Transporter {
  const { host, port, secure, user, password = '', local } = server;
  const options = {
    pool: true,
    host,
    port,
    secure,
    // A password never travels in the clear; the local stack has no certificates.
    requireTLS: user !== undefined && !local,
    ignoreTLS: local,
    ...(user !== undefined && { auth: { user, pass: password } }),
    ...(ca !== undefined && { tls: { ca } }),
    maxConnections: MAX_SESSIONS_PER_SERVER,
    maxRequeues: 1,
    idleTimeout: IDLE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    getSocket: (_: unknown, callback: SocketCallback) => void handOver(openSocket(), secure, callback),
  } as const;
  return createTransport(options);
}

type SocketCallback = (
  error: Error | null,
  socket?: { readonly connection: Socket; readonly secured: boolean },
) => void;

async function handOver(opening: Promise<Socket>, secured: boolean, callback: SocketCallback): Promise<void> {
  const socket = await opening.catch((error: Error) => error);
  if (socket instanceof Error) callback(socket);
  else callback(null, { connection: socket, secured });
}

/** The connection to the server was not made, so nothing of the mail has left. */
class ConnectError extends Error {
  override readonly name = 'ConnectError';
  readonly reason: Reason;

  constructor(reason: Reason, cause: Error) {
    super('no connection to the mail server', { cause });
    this.reason = reason;
  }
}

interface OpenOptions {
  readonly lookup?: LookupFunction;
  readonly ca?: string;
}

/** Connects within 5 s, look-up and the handshake of smtps included. */
function open({ host, port, secure }: MailServer, options: OpenOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let phase: 'connect' | 'tls' = 'connect';
    const target = { host, port, ...options };
    const socket = secure
      ? connectTls({ ...target, ...(isIP(host) === 0 && { servername: host }) })
      : connect(target);
    const timer = setTimeout(() => socket.destroy(new DeadlineError(CONNECT_MS)), CONNECT_MS);
    const failed = (cause: Error): void => {
      clearTimeout(timer);
      reject(new ConnectError(reasonOf(cause, phase), cause));
    };
    socket.once('error', failed);
    socket.once('connect', () => (phase = 'tls'));
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
  });
}

async function deliver(pool: Transporter, mail: MailRequest, timeoutMs: number): Promise<string> {
  const { from, to, subject, text, html, messageId } = mail;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DeadlineError(timeoutMs)), timeoutMs);
  const message: SendMailOptions & { signal: AbortSignal } = {
    from,
    to,
    subject,
    text,
    html,
    messageId: `<${messageId}>`,
    signal: late.signal,
  };
  try {
    const { response } = (await pool.sendMail(message)) as { readonly response: string };
    return response;
  } catch (error) {
    throw late.signal.aborted ? late.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

type SmtpError = Error & {
  readonly code?: string;
  readonly response?: string;
  readonly responseCode?: number;
};

function replyOf(
  response: string,
  secrets: readonly string[],
  status = Number(response.slice(0, 3)) || 250,
): Reply {
  return { kind: 'reply', status, headers: {}, body: redactSecrets(response, secrets) };
}

/** What the server refused is a reply; everything else is a failure of its class. */
function replyOfError(error: SmtpError, secrets: readonly string[]): Reply {
  if (error.responseCode !== undefined) return replyOf(error.response ?? '', secrets, error.responseCode);
  const detail = describeError(error, secrets);
  if (error instanceof ConnectError) {
    return { kind: 'failure', reason: error.reason, started: false, detail };
  }
  // The handshake comes before the mail; after it, nobody can say how far the mail got.
  if (error.code === 'ETLS') return { kind: 'failure', reason: 'tls', started: false, detail };
  if (error.code === 'EENVELOPE' || error.code === 'EAUTH') return refusal('settings', detail);
  return { kind: 'failure', reason: reasonOf(error, 'sent'), started: true, detail };
}

function refusal(reason: 'blocked' | 'settings', detail: string): Reply {
  return { kind: 'failure', reason, started: false, detail };
}
