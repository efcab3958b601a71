import type { PostAnswer, PostRequest } from './request.ts';

const ORIGIN = /^[A-Za-z0-9.:_-]{1,253}$/;
const RATE = /^[1-9]\d{0,8}$/;

/**
 * `OPTIONS /v1/events`: the CloudEvents abuse protection handshake (cloudevents/spec http-webhook.md section
 * 4). Whoever asks may send, at the rate it asks for: posting takes an API key anyway. The callback it may
 * offer is never called.
 */
export function handshake({ headers }: Pick<PostRequest, 'headers'>): PostAnswer {
  const origin = headers['webhook-request-origin'] ?? '';
  const rate = headers['webhook-request-rate'] ?? '';
  const allowed = ORIGIN.test(origin) && {
    'webhook-allowed-origin': origin,
    'webhook-allowed-rate': RATE.test(rate) ? rate : '*',
  };
  return { status: 200, headers: { allow: 'OPTIONS, POST', ...allowed } };
}
