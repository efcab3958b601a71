import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { InvocationResult } from './environment.ts';
import { type HttpEvent, type HttpReply, httpEvent, httpReply } from './http-event.ts';
import { matchRoute } from './http-routes.ts';
import { listen } from './ports.ts';
import { mayInvoke } from './invoke-permission.ts';
import type { PermissionSpec, RouteSpec } from './stack-model.ts';

/** The HTTP API of the stack. */
export interface HttpFront {
  readonly url: string;
  /** Answers what is under way, takes nothing new. */
  readonly close: () => Promise<void>;
}

export interface HttpFrontOptions {
  /** 0 picks a free one. */
  readonly port: number;
}

/** What requests lead to; known once the template is read, which needs the API's URL. */
export interface HttpTarget {
  readonly routes: readonly RouteSpec[];
  readonly permissions: readonly PermissionSpec[];
  /** Told of a route whose function the API may not call. */
  readonly onDenied?: (action: string, arn: string) => void;
  readonly invoke: (label: string, event: HttpEvent, waitMs: number) => Promise<InvocationResult>;
}

/** Quotas of HTTP APIs: payload 10 MB, headers 10,240 bytes, integration 30 s. */
const MAX_BODY_BYTES = 10_000_000;
const MAX_HEADER_BYTES = 10_240;
const INTEGRATION_MS = 30_000;
/**
 * Lambda refuses at once what is beyond its concurrency, and the API answers 503. One machine has few environments, so
 * that a moment in line is no overload; more than this is, and its line would not end before the callers' patience.
 */
const IN_LINE_MS = 5_000;
/** Node's own 5 s end a connection in the very moment in which its next request may be on its way. */
const KEEP_ALIVE_MS = 75_000;

export async function startHttpFront({
  port,
}: HttpFrontOptions): Promise<HttpFront & { serve(target: HttpTarget): void }> {
  let target: HttpTarget | undefined;

  const answer = async (request: IncomingMessage): Promise<HttpReply> => {
    if (!target) return message(503, 'Service Unavailable');
    const [path = '/'] = (request.url ?? '/').split('?');
    const match = matchRoute(target.routes, request.method ?? 'GET', path);
    if (!match) return message(404, 'Not Found');
    if (!mayInvoke(match.route, target.permissions)) {
      target.onDenied?.('lambda:InvokeFunction', match.route.arn);
      return message(500, 'Internal Server Error');
    }
    const body = await readBody(request);
    if (!body) return message(413, 'Request Entity Too Large', { connection: 'close' });
    const requestId = randomUUID();
    const event = httpEvent(request, body, match, { requestId, at: Date.now() });
    const result = await within(INTEGRATION_MS, target.invoke(match.route.target, event, IN_LINE_MS));
    if (result === undefined || result.kind === 'throttled') return message(503, 'Service Unavailable');
    const reply =
      result.kind === 'returned' ? httpReply(result.value) : message(500, 'Internal Server Error');
    return { ...reply, headers: { 'apigw-requestid': requestId, ...reply.headers } };
  };

  const open = new Set<Promise<void>>();
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    const exchange = answer(request)
      .catch(() => message(500, 'Internal Server Error'))
      .then((reply) => send(response, reply, request.method === 'HEAD'))
      .finally(() => open.delete(exchange));
    open.add(exchange);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const url = `http://127.0.0.1:${await listen(server, port)}`;
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => {
      server.close(resolve);
    });
    server.closeIdleConnections();
    await Promise.all(open);
    server.closeAllConnections();
    await closed;
  };
  let closing: Promise<void> | undefined;
  return {
    url,
    serve: (given) => void (target = given),
    close: () => (closing ??= close()),
  };
}

function message(status: number, text: string, headers: Readonly<Record<string, string>> = {}): HttpReply {
  const body = Buffer.from(JSON.stringify({ message: text }));
  return { status, headers: { 'content-type': 'application/json', ...headers }, body };
}

function send(response: ServerResponse, { status, headers, body }: HttpReply, head: boolean): void {
  const bodiless = head || status === 204 || status === 304;
  response.writeHead(status, { ...headers, ...(status !== 204 && { 'content-length': body.length }) });
  response.end(bodiless ? undefined : body);
}

/** The whole body, or `undefined` when it is larger than an HTTP API takes. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      request.resume();
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
