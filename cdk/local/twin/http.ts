import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import type { Answer } from './provider.ts';

/** Above every provider's own maximum, so that those are the ones that refuse. */
const BODY_MAX_BYTES = 64 * 1024 * 1024;

/** All bytes of a request; `undefined` when they are more than any provider would read. */
export async function readBytes(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Headers with lower-case names and one value each. */
export function plainHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

export function sendAnswer(response: ServerResponse, { status, headers, body }: Answer): void {
  if (response.destroyed) return;
  const json = body !== undefined && typeof body !== 'string';
  const text = json ? JSON.stringify(body) : (body ?? '');
  const type = json ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8';
  response.writeHead(status, { ...(body !== undefined && { 'content-type': type }), ...headers });
  response.end(text);
}

/** Writes a JSON array piece by piece, so that a large one never exists as one string. */
export async function sendArray(
  response: ServerResponse,
  items: readonly unknown[],
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', ...headers });
  let separator = '[';
  for (const item of items) {
    const roomy = response.write(separator + JSON.stringify(item));
    separator = ',\n';
    if (!roomy && !response.destroyed) await drained(response);
    if (response.destroyed) return;
  }
  response.end(separator === '[' ? '[]' : ']');
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

/** The port a listening server got. */
export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
