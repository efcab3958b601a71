import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { HttpAnswer, HttpRequestIn } from './router.ts';

const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** The id of a request: the caller's `x-request-id` if it looks like one, else ours. */
export function requestIdOf(event: APIGatewayProxyEventV2, own: string): string {
  const given = lowerCase(event.headers)['x-request-id'];
  return given !== undefined && REQUEST_ID.test(given) ? given : own;
}

/** An HTTP API event (payload 2.0) as the router reads it; the body as the bytes that were sent. */
export function toRequest(event: APIGatewayProxyEventV2, requestId: string): HttpRequestIn {
  return {
    method: event.requestContext.http.method,
    path: event.rawPath,
    params: {},
    query: new URLSearchParams(event.rawQueryString),
    headers: lowerCase(event.headers),
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
    requestId,
    sourceIp: event.requestContext.http.sourceIp,
  };
}

export function toResult({ status, headers, body }: HttpAnswer): APIGatewayProxyStructuredResultV2 {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
  return { statusCode: status, headers: { ...headers }, body: text };
}

function lowerCase(
  headers: Readonly<Record<string, string | undefined>> | undefined,
): Record<string, string> {
  const entries = Object.entries(headers ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value ?? '']));
}
