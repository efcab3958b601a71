import { type Agent, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Reason } from '../core/outcome.ts';

/** One request on the wire. */
export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ExchangeOptions {
  readonly agent: Agent;
  /** From the first look-up to the last byte; nothing the other side does can stretch it. */
  readonly timeoutMs: number;
  /** What is read of the reply; the connection is closed on a longer one. */
  readonly maxBytes: number;
}

export type Exchange =
  | {
      readonly kind: 'reply';
      readonly status: number;
      readonly headers: Record<string, string>;
      readonly body: string;
    }
  | { readonly kind: 'failure'; readonly reason: Reason; readonly started: boolean; readonly error: Error };

/** How far a request got: nothing of it is on the wire before `sent`. */
type Phase = 'connect' | 'tls' | 'sent';

/** Sends one request and reads one reply: no redirects, no decompression, no second try. Never throws. */
export function exchange(
  wire: WireRequest,
  { agent, timeoutMs, maxBytes }: ExchangeOptions,
): Promise<Exchange> {
  return new Promise((resolve) => {
    let phase: Phase = 'connect';
    const request = (wire.url.protocol === 'https:' ? httpsRequest : httpRequest)(wire.url, {
      method: wire.method,
      headers: {
        'user-agent': 'fanfare',
        ...wire.headers,
        'accept-encoding': 'identity',
        'content-length': Buffer.byteLength(wire.body),
      },
      agent,
    });
    let answered = false;
    const settle = (result: Exchange): void => {
      clearTimeout(timer);
      resolve(result);
    };
    const fail = (error: Error): void =>
      settle({ kind: 'failure', reason: reasonOf(error, phase), started: phase === 'sent', error });
    // A plain timer, not AbortSignal.timeout: that one does not keep the process alive.
    const timer = setTimeout(() => {
      fail(new DeadlineError(timeoutMs));
      request.destroy();
    }, timeoutMs);

    request.on('socket', (socket) => followPhases(socket, (reached) => (phase = reached)));
    request.on('error', fail);
    request.on('close', () => answered || fail(new Error('the connection was closed without a reply')));
    request.on('response', (response) => {
      answered = true;
      readReply(response, maxBytes).then(settle, fail);
    });
    request.end(wire.body);
  });
}

/** The total time for one request is over. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';

  constructor(timeoutMs: number) {
    super(`no complete reply within ${timeoutMs} ms`);
  }
}

function followPhases(socket: Socket, reach: (phase: Phase) => void): void {
  // It failed at once, such as for want of a file descriptor: nothing was written to it.
  if (socket.destroyed) return;
  // A kept connection; a new one is handed over before it is connected.
  if (!socket.connecting) return reach('sent');
  socket.once('connect', () => reach(socket instanceof TLSSocket ? 'tls' : 'sent'));
  socket.once('secureConnect', () => reach('sent'));
}

const DNS_CODES: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'ESERVFAIL', 'EDNSTIMEOUT']);

/** The class of a failure. Whatever goes wrong during the handshake is `tls`, a reset or a bad certificate alike. */
export function reasonOf(error: Error, phase: Phase): Reason {
  if (error instanceof DeadlineError) return 'timeout';
  const { code = '', syscall = '' } = error as NodeJS.ErrnoException;
  if (code === 'EBLOCKED') return 'blocked';
  if (DNS_CODES.has(code) || code.startsWith('EAI_') || syscall === 'getaddrinfo') return 'dns';
  if (phase === 'tls') return 'tls';
  return code === 'ETIMEDOUT' ? 'timeout' : 'network';
}

/** Reads a reply, its body up to the cap and not one chunk more. */
function readReply(response: IncomingMessage, maxBytes: number): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (): void => {
      const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      const body = bytes.toString('utf8', 0, maxBytes);
      resolve({ kind: 'reply', status: response.statusCode ?? 0, headers: flat(response.headers), body });
    };
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size < maxBytes) return;
      finish();
      // And with it the connection.
      response.destroy();
    });
    response.on('end', finish);
    response.on('error', reject);
  });
}

function flat(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}
