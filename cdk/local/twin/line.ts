import type { LimitRule } from './limiter.ts';
import {
  type Answer,
  type Call,
  type Door,
  type Provider,
  type Refusal,
  isRecord,
  listOf,
} from './provider.ts';

const REFERENCE = 'developers.line.biz/en/reference/messaging-api';
const PER_BOT: LimitRule = {
  name: 'line bot',
  limit: 2_000,
  perMs: 1_000,
  source: `${REFERENCE}/#rate-limits`,
};

/** The same page: Send push message, Text message, Status codes 413. */
const MAX_MESSAGES = 5;
const MAX_TEXT = 5_000;
const MAX_BYTES = 2_000_000;
const DAY_MS = 86_400_000;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Error messages of the same page. Those of a 413 and of a 500 are not in it. */
const MESSAGES: Readonly<Record<number, string>> = {
  400: 'Failed to send messages',
  401: 'Authentication failed due to the following reason: invalid token. Confirm that the access token in the authorization header is valid.',
  403: 'Access to this API is not available for your account',
  404: 'Not found',
  409: 'The retry key is already accepted',
  413: 'Payload too large',
  429: 'The API rate limit has been exceeded. Try again later.',
  500: 'Internal server error',
};

function problem(status: number, message = MESSAGES[status] ?? `Error ${status}`, more: object = {}): Answer {
  return { status, body: { message, ...more } };
}

function refuse(status: number, message?: string, more?: object): Refusal {
  const answer = problem(status, message, more);
  return { why: message ?? MESSAGES[status] ?? '', answer };
}

function faultOf({ raw, body, headers }: Call): Refusal | undefined {
  if (!/^Bearer \S+$/.test(headers['authorization'] ?? '')) return refuse(401);
  if (raw.length > MAX_BYTES) return refuse(413);
  if (!isRecord(body))
    return refuse(400, 'The request body could not be parsed as JSON (line: 1, column: 1)');
  const key = headers['x-line-retry-key'];
  // What LINE says to a key that is no UUID stands nowhere.
  if (key !== undefined && !UUID.test(key)) return refuse(400, 'The retry key is invalid');
  if (!/^[UCR][0-9a-f]{32}$/.test(String(body['to'])))
    return refuse(400, "The property, 'to', in the request body is invalid (line: -, column: -)");
  const faults = messageFaults(listOf(body['messages']));
  if (faults.length === 0) return undefined;
  return refuse(400, `The request body has ${faults.length} error(s)`, { details: faults });
}

function messageFaults(messages: readonly unknown[]): { message: string; property: string }[] {
  if (messages.length === 0 || messages.length > MAX_MESSAGES)
    return [{ message: `Size must be between 1 and ${MAX_MESSAGES}`, property: 'messages' }];
  return messages.flatMap((one, i) => {
    const { type, text } = isRecord(one) ? one : {};
    if (type !== 'text')
      return [{ message: 'Must be one of the following values: [text]', property: `messages[${i}].type` }];
    if (typeof text !== 'string' || text.trim() === '')
      return [{ message: 'May not be empty', property: `messages[${i}].text` }];
    if (text.length > MAX_TEXT)
      return [{ message: `Length must be between 0 and ${MAX_TEXT}`, property: `messages[${i}].text` }];
    return [];
  });
}

const push: Door = {
  methods: ['POST'],
  path: /^\/line\/v2\/bot\/message\/push$/,
  read(call) {
    const { authorization: token = '' } = call.headers;
    const to = isRecord(call.body) ? call.body['to'] : undefined;
    const scopes = [{ rule: PER_BOT, key: token }];
    return { destination: typeof to === 'string' ? to : '', scopes, refusal: faultOf(call) };
  },
  accept({ body }, { serial }) {
    const messages = isRecord(body) ? listOf(body['messages']) : [];
    const sentMessages = messages.map((_, i) => ({
      id: String(461_230_966_842_000_000n + BigInt(serial * MAX_MESSAGES + i)),
      quoteToken: `twin-${serial}-${i}`,
    }));
    return { status: 200, headers: { 'x-line-request-id': requestId(serial) }, body: { sentMessages } };
  },
  once: {
    knownMs: DAY_MS,
    key({ headers: { authorization, 'x-line-retry-key': key } }) {
      return key === undefined ? undefined : `line ${authorization} ${key}`;
    },
    // "In the case of push messages, a JSON object that contains the same sentMessages" (docs, Retry failed API requests).
    again: ({ headers = {}, body }) => ({
      ...problem(409, MESSAGES[409], isRecord(body) ? body : {}),
      headers: { 'x-line-accepted-request-id': headers['x-line-request-id'] ?? '' },
    }),
  },
  limited: () => problem(429),
  fail: (status, retryAfter) => ({
    ...problem(status),
    ...(retryAfter !== undefined && { headers: { 'retry-after': String(retryAfter) } }),
  }),
};

function requestId(serial: number): string {
  return `00000000-0000-4000-8000-${serial.toString(16).padStart(12, '0')}`;
}

export const line: Provider = { name: 'line', title: 'LINE', limits: [PER_BOT], doors: [push] };
