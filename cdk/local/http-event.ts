import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { ACCOUNT } from './aws-names.ts';
import { type RouteMatch, decode } from './http-routes.ts';

/** Payload format 2.0 of HTTP APIs (API Gateway developer guide, "Lambda proxy integrations"). */
export interface HttpEvent {
  readonly version: '2.0';
  readonly routeKey: string;
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly cookies?: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly queryStringParameters?: Readonly<Record<string, string>>;
  readonly pathParameters?: Readonly<Record<string, string>>;
  readonly requestContext: object;
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

/** `requestId` and `at` (epoch ms) come from outside. */
export interface EventContext {
  readonly requestId: string;
  readonly at: number;
}

export function httpEvent(
  request: IncomingMessage,
  body: Buffer,
  match: RouteMatch,
  { requestId, at }: EventContext,
): HttpEvent {
  const [path, rawQueryString] = split(request.url ?? '/', '?');
  const rawPath = decodedPath(path);
  const { cookie, ...headers } = joined(request);
  const query = Object.entries(Object.groupBy(new URLSearchParams(rawQueryString), ([name]) => name));
  const sourceIp = request.socket.remoteAddress ?? '127.0.0.1';
  const base64 = !isText(headers['content-type']) || !isUtf8(body);
  const host = headers['host'] ?? 'localhost';
  return {
    version: '2.0',
    routeKey: match.route.key,
    rawPath,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split('; ') }),
    headers: { ...headers, 'x-forwarded-for': sourceIp, 'x-forwarded-proto': 'http' },
    ...(query.length > 0 && {
      queryStringParameters: Object.fromEntries(
        query.map(([name, values = []]) => [name, values.map(([, value]) => value).join(',')]),
      ),
    }),
    ...(Object.keys(match.params).length > 0 && { pathParameters: match.params }),
    requestContext: {
      accountId: ACCOUNT,
      apiId: 'local',
      domainName: host.replace(/:\d+$/, ''),
      domainPrefix: 'local',
      http: {
        method: request.method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: match.route.key,
      stage: '$default',
      time: new Date(at).toUTCString(),
      timeEpoch: at,
    },
    ...(body.length > 0 && { body: body.toString(base64 ? 'base64' : 'utf8') }),
    isBase64Encoded: body.length > 0 && base64,
  };
}

/**
 * `rawPath` is not raw: HTTP APIs decode it, and cut it off at a decoded `?` (honojs/hono issue 2156;
 * middleapi/standard-server pull request 93, against captures of the service). The query stays as it was sent.
 */
function decodedPath(path: string): string {
  const [decoded] = split(decode(path), '?');
  return decoded;
}

/** Everything else arrives as base64, an absent type included. */
function isText(type = ''): boolean {
  return /^(text\/|application\/(json|javascript|xml)\b)/i.test(type);
}

/** Names in lower case, repeated headers joined with commas, as HTTP APIs do; Node keeps only one of some. */
function joined({ headersDistinct }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values = []]) => [name, values.join(',')]),
  );
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

export interface HttpReply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** Reads what a handler returned: format 2.0, or any value as the JSON body of a 200. */
export function httpReply(value: unknown): HttpReply {
  const { statusCode, headers = {}, cookies = [], body, isBase64Encoded } = (value ?? {}) as HandlerResult;
  if (typeof statusCode !== 'number') {
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(value)),
    };
  }
  const given = Object.fromEntries(
    Object.entries(headers).map(([name, text]) => [name.toLowerCase(), String(text)]),
  );
  return {
    status: statusCode,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...given,
      ...(cookies.length > 0 && { 'set-cookie': [...cookies] }),
    },
    body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
  };
}

interface HandlerResult {
  readonly statusCode?: unknown;
  readonly headers?: Readonly<Record<string, string | number | boolean>>;
  readonly cookies?: readonly string[];
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}
