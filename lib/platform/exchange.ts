import { type Agent, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
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
    // A plain timer, not AbortSignal.timeout: that one does not keep the process alive.
    const timer = setTimeout(() => request.destroy(new DeadlineError(timeoutMs)), timeoutMs);
    const settle = (result: Exchange): void => {
      clearTimeout(timer);
      resolve(result);
    };
    const fail = (error: Error): void =>
      settle({ kind: 'failure', reason: reasonOf(error, phase), started: phase === 'sent', error });

    request.on('socket', (socket) => followPhases(socket, (reached) => (phase = reached)));
    request.on('error', fail);
    // The other side answered with something that is no reply (an upgrade), or with nothing.
    request.on('close', () => fail(new Error('the connection was closed without a reply')));
    request.on('response', (response) => {
      readCapped(response, maxBytes).then(
        (body) => {
          settle({ kind: 'reply', status: response.statusCode ?? 0, headers: flat(response.headers), body });
          if (!response.complete) request.destroy();
        },
        (error: Error) => fail(request.errored ?? error),
      );
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
  const { encrypted } = socket as Partial<TLSSocket>;
  if (!socket.connecting && !(socket as { secureConnecting?: boolean }).secureConnecting)
    return reach('sent');
  if (!encrypted) return void socket.once('connect', () => reach('sent'));
  socket.once('connect', () => reach('tls'));
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

/** Reads a body up to the cap, and not one chunk more. */
async function readCapped(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop early destroys the response and with it the connection.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, maxBytes - size));
    size += chunk.length;
    if (size >= maxBytes) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function flat(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}
