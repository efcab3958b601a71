import { expect, test } from 'vitest';
import type { OutboundRequest } from '../../lib/channel.ts';
import type { Reply } from '../../lib/core/outcome.ts';
import { createPost } from '../../lib/platform/post.ts';

const OPTIONS = { timeoutMs: 1_000, secrets: ['canary'] };
const OK: Reply = { kind: 'reply', status: 200, headers: {}, body: '' };

const requests = {
  http: { transport: 'http', method: 'POST', url: 'https://example.com/', headers: {}, body: '' },
  aws: { transport: 'aws', service: 'ses', method: 'POST', path: '/', headers: {}, body: '' },
  smtp: {
    transport: 'smtp',
    url: 'smtp://mail.example.com',
    from: 'a@example.com',
    to: 'b@example.com',
    subject: '',
    text: '',
    html: '',
    messageId: 'm',
  },
} as const satisfies Record<string, OutboundRequest>;

test.each(['http', 'aws', 'smtp'] as const)('a request of kind %s goes by its transport', async (kind) => {
  const carried: string[] = [];
  const carry = (name: string) => async () => {
    carried.push(name);
    return OK;
  };
  const post = createPost({ http: carry('http'), aws: carry('aws'), smtp: carry('smtp') });
  expect((await post(requests[kind], OPTIONS)).reply).toEqual(OK);
  expect(carried).toEqual([kind]);
});

test.each(['http', 'aws', 'smtp'] as const)('a bundle without %s says so', async (kind) => {
  expect((await createPost({})(requests[kind], OPTIONS)).reply).toEqual({
    kind: 'failure',
    reason: 'settings',
    started: false,
    detail: `this function has no ${kind} transport`,
  });
});

test('a transport that throws becomes a failure that may have sent something, without its secrets', async () => {
  const post = createPost({ http: () => Promise.reject(new Error('token canary is odd')) });
  expect((await post(requests.http, OPTIONS)).reply).toEqual({
    kind: 'failure',
    reason: 'crashed',
    started: true,
    detail: 'token [redacted] is odd',
  });
});

test('the time a request took is measured', async () => {
  const times = [100.2, 142.9];
  const post = createPost({ http: async () => OK }, () => times.shift() ?? 0);
  expect((await post(requests.http, OPTIONS)).ms).toBe(43);
});
