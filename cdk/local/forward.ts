import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';

export interface Forwarded {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** Hands a request on as it came, byte for byte, over kept-alive connections. */
export type Forward = (url: string, headers: IncomingHttpHeaders, body: Buffer) => Promise<Forwarded>;

/** Headers that belong to one connection. */
const OF_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'host',
  'content-length',
  'expect',
]);

export function createForward(): { readonly forward: Forward; readonly close: () => void } {
  const agent = new Agent({ keepAlive: true });
  const forward: Forward = (url, headers, body) =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        url,
        { agent, method: 'POST', headers: { ...kept(headers), 'content-length': body.length } },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const status = incoming.statusCode ?? 502;
            resolve({ status, headers: kept(incoming.headers), body: Buffer.concat(chunks) });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  return { forward, close: () => agent.destroy() };
}

function kept(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_CONNECTION.has(name)));
}
