import { type IncomingMessage, type RequestOptions, Agent as HttpAgent, request as http } from 'node:http';
import { Agent as HttpsAgent, request as https } from 'node:https';

export interface Reply {
  readonly status: number;
  readonly body: string;
  /** Epoch ms, by the clock of the client. */
  readonly firstByteMs: number;
  /** Time from looking the host up until its connection could carry the request; absent: it was there already. */
  readonly connectMs?: number | undefined;
}

/** Sends one request; rejects when nobody answers, with `TimedOut` when that takes too long. */
export type Call = (method: string, path: string, body?: unknown) => Promise<Reply>;

export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

export interface ClientOptions {
  readonly url: string;
  readonly key: string;
  readonly timeoutMs?: number;
  readonly now: () => number;
}

/** An HTTP API gives up after 30 s, too. */
const TIMEOUT_MS = 30_000;
/** Connections at a time; whoever waits for one waits on the clock. */
const MAX_SOCKETS = 256;

/** A client of one API over connections that are kept. */
export function createClient({ url, key, timeoutMs = TIMEOUT_MS, now }: ClientOptions): {
  readonly call: Call;
  readonly close: () => void;
} {
  const base = new URL(url);
  const secure = base.protocol === 'https:';
  const pool = { keepAlive: true, maxSockets: MAX_SOCKETS, scheduling: 'lifo' } as const;
  const agent = secure ? new HttpsAgent(pool) : new HttpAgent(pool);
  const start = (options: RequestOptions) => (secure ? https(base, options) : http(base, options));
  const prefix = base.pathname.replace(/\/$/, '');

  const call: Call = (method, path, body) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const outgoing = start({
        agent,
        method,
        path: prefix + path,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body !== undefined && {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(text),
          }),
        },
      });
      const timer = setTimeout(
        () => outgoing.destroy(new TimedOut(`no answer in ${timeoutMs} ms`)),
        timeoutMs,
      );
      const fail = (error: Error): void => {
        clearTimeout(timer);
        reject(error);
      };
      let connectMs: number | undefined;
      outgoing.once('socket', (socket) => {
        if (!socket.connecting) return;
        const beganMs = now();
        socket.once(secure ? 'secureConnect' : 'connect', () => (connectMs = now() - beganMs));
      });
      outgoing.once('error', fail);
      outgoing.once('response', (incoming: IncomingMessage) => {
        const firstByteMs = now();
        let answer = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => (answer += chunk));
        incoming.once('error', fail);
        incoming.once('end', () => {
          clearTimeout(timer);
          resolve({ status: incoming.statusCode ?? 0, body: answer, firstByteMs, connectMs });
        });
      });
      outgoing.end(text);
    });
  return { call, close: () => agent.destroy() };
}
