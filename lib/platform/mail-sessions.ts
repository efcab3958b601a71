import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { createTransport } from 'nodemailer';
import type { MailServer } from '../core/mail-url.ts';
import type { Reason } from '../core/outcome.ts';
import { DeadlineError, reasonOf } from './exchange.ts';

export interface SessionOptions {
  /** Finds and checks the addresses of a server that is not local. */
  readonly lookup: LookupFunction;
  /** Root certificates instead of the built-in ones. */
  readonly ca?: string | undefined;
}

const CONNECT_MS = 5_000;
const IDLE_MS = 60_000;
const MAX_SESSIONS_PER_SERVER = 5;

/** Sessions with one server, opened as they are needed and kept for 60 s. */
export function createSessions(server: MailServer, options: SessionOptions) {
  const { ca } = options;
  const { host, port, secure, user, password = '', local } = server;
  return createTransport({
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
    getSocket: (_: unknown, callback: SocketCallback) =>
      void handOver(open(server, options), secure, callback),
  } as const);
}

export type Sessions = ReturnType<typeof createSessions>;

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
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  readonly reason: Reason;

  constructor(reason: Reason, cause: Error) {
    super('no connection to the mail server', { cause });
    this.reason = reason;
  }
}

/** Connects within 5 s, look-up and the handshake of smtps included. */
function open({ host, port, secure, local }: MailServer, { lookup, ca }: SessionOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let phase: 'connect' | 'tls' = 'connect';
    const target = { host, port, ...(!local && { lookup }), ...(ca !== undefined && { ca }) };
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
