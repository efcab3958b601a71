import { Agent } from 'node:http';
import type { LookupAddress } from 'node:dns';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAgents } from '../../lib/platform/agents.ts';
import { exchange } from '../../lib/platform/exchange.ts';
import { createGuardedLookup, type Resolve } from '../../lib/platform/guarded-lookup.ts';
import { createHttp } from '../../lib/platform/http.ts';
import { readLocalHosts } from '../../lib/platform/local-hosts.ts';
import { BLOCKED_HOSTS, MALFORMED_URLS, WRONG_SCHEMES } from '../fixtures/ssrf-vectors.ts';
import { receiveHttp } from './receivers.ts';

const OPTIONS = { timeoutMs: 5_000, secrets: [] };
const PUBLIC = '198.41.0.4';

function call(url: string) {
  return { method: 'POST', url, headers: {}, body: '' };
}

describe('the connector', () => {
  const everything = [
    ...BLOCKED_HOSTS.map((host) => `https://${host}/`),
    ...MALFORMED_URLS,
    ...WRONG_SCHEMES,
  ];

  test.each(everything)('sends nothing to %j and does not even look it up', async (url) => {
    const lookups: string[] = [];
    const { send, close } = createHttp({
      localHosts: [],
      resolve: async (host) => [`${lookups.push(host)}`],
    });
    onTestFinished(close);
    expect(await send(call(url), OPTIONS)).toMatchObject({ kind: 'failure', started: false });
    expect(lookups).toEqual([]);
  });

  test('opens no connection for any spelling of an address where a server listens', async () => {
    const inside = await receiveHttp((_, response) => response.end('inside'));
    const agents = createAgents({ lookup: createGuardedLookup(async () => ['127.0.0.1']) });
    onTestFinished(() => agents.close());
    for (const host of BLOCKED_HOSTS) {
      const url = URL.parse(`http://${host}:${inside.port}/`);
      if (url === null) continue;
      const wire = { method: 'POST', url, headers: {}, body: '' };
      const result = await exchange(wire, { agent: agents.forUrl(url), timeoutMs: 2_000, maxBytes: 1 });
      expect(result).toMatchObject({ kind: 'failure', reason: 'blocked', started: false });
    }
    expect(inside.connections()).toBe(0);
  });

  test('refuses 1,000 sequences of answers that hide an inner address, counted at the socket', async () => {
    const inside = await receiveHttp((_, response) => response.end('inside'));
    const url = new URL(`http://rebind.test:${inside.port}/`);
    const wire = { method: 'POST', url, headers: {}, body: '' };
    const inner = fc.constantFrom(
      '127.0.0.1',
      '::1',
      '::ffff:127.0.0.1',
      '169.254.169.254',
      '10.0.0.1',
      '64:ff9b::7f00:1',
    );
    const answers = fc.tuple(
      fc.array(fc.constantFrom<string>(PUBLIC, '2606:4700::1111'), { maxLength: 3 }),
      inner,
      fc.nat(3),
    );
    await fc.assert(
      fc.asyncProperty(answers, async ([outer, blocked, at]) => {
        const agents = createAgents({
          lookup: createGuardedLookup(async () => outer.toSpliced(at, 0, blocked)),
        });
        const result = await exchange(wire, { agent: agents.forUrl(url), timeoutMs: 2_000, maxBytes: 1 });
        agents.close();
        return result.kind === 'failure' && result.reason === 'blocked' && !result.started;
      }),
      { numRuns: 1_000 },
    );
    expect(inside.connections()).toBe(0);
  });

  test('would be seen connecting if the guard were not there', async () => {
    const inside = await receiveHttp((_, response) => response.end('inside'));
    const agent = new Agent({
      lookup: (_, __, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    onTestFinished(() => agent.destroy());
    const url = new URL(`http://rebind.test:${inside.port}/`);
    await exchange({ method: 'POST', url, headers: {}, body: '' }, { agent, timeoutMs: 2_000, maxBytes: 9 });
    expect(inside.connections()).toBe(1);
  });
});

describe('the look-up', () => {
  type Found = { readonly error: string | undefined; readonly addresses: unknown };

  function lookUp(
    resolve: Resolve,
    options: { all?: boolean; family?: number } = { all: true },
    limitMs?: number,
  ): Promise<Found> {
    return new Promise((done) => {
      createGuardedLookup(resolve, limitMs)(
        'name.test',
        options,
        (error, addresses: string | LookupAddress[]) => done({ error: error?.name, addresses }),
      );
    });
  }

  test('hands over exactly the addresses it checked, so that a name cannot change its mind', async () => {
    const answers = [[PUBLIC, '2606:4700::1111'], ['127.0.0.1']];
    const resolve: Resolve = async () => answers.shift() ?? [];
    expect(await lookUp(resolve)).toEqual({
      error: undefined,
      addresses: [
        { address: PUBLIC, family: 4 },
        { address: '2606:4700::1111', family: 6 },
      ],
    });
    expect(answers).toHaveLength(1);
  });

  test('gives one address of the wanted family when asked for one', async () => {
    const resolve: Resolve = async () => ['2606:4700::1111', PUBLIC];
    expect((await lookUp(resolve, { family: 4 })).addresses).toBe(PUBLIC);
    expect((await lookUp(resolve, { family: 0 })).addresses).toBe('2606:4700::1111');
  });

  test.each([[[]], [['junk']], [[PUBLIC, '192.168.0.1']]])('refuses the answers %j', async (addresses) => {
    expect((await lookUp(async () => addresses)).error).toBe('BlockedAddressError');
  });

  test.each(['ENOTFOUND', 'ESERVFAIL', 'EAI_AGAIN'])('%s becomes the failure class dns', async (code) => {
    const resolve = () => Promise.reject(Object.assign(new Error('no'), { code, syscall: 'getaddrinfo' }));
    const { send, close } = createHttp({ localHosts: [], resolve });
    onTestFinished(close);
    expect(await send(call('https://name.example/'), OPTIONS)).toMatchObject({
      kind: 'failure',
      reason: 'dns',
      started: false,
    });
  });

  test('that takes too long becomes the failure class dns, before the deadline of the request', async () => {
    const { send, close } = createHttp({
      localHosts: [],
      resolve: () => new Promise(() => {}),
      dnsLimitMs: 30,
    });
    onTestFinished(close);
    expect(await send(call('https://name.example/'), OPTIONS)).toMatchObject({
      kind: 'failure',
      reason: 'dns',
      started: false,
    });
  });

  test('that finds an inner address becomes the failure class blocked', async () => {
    const { send, close } = createHttp({ localHosts: [], resolve: async () => ['10.1.2.3'] });
    onTestFinished(close);
    expect(await send(call('https://name.example/'), OPTIONS)).toEqual({
      kind: 'failure',
      reason: 'blocked',
      started: false,
      detail: 'name.example leads to a blocked address (EBLOCKED)',
    });
  });
});

describe('local hosts', () => {
  test('are let through only as host and port together', async () => {
    const twin = await receiveHttp((_, response) => response.end('twin'));
    const other = await receiveHttp((_, response) => response.end('other'));
    const { send, close } = createHttp({ localHosts: [twin.host] });
    onTestFinished(close);
    expect(await send(call(twin.url), OPTIONS)).toMatchObject({ kind: 'reply', body: 'twin' });
    expect(await send(call(other.url), OPTIONS)).toMatchObject({ kind: 'failure', started: false });
    expect(other.connections()).toBe(0);
  });

  test.each(['AWS_EXECUTION_ENV', 'AWS_LAMBDA_RUNTIME_API'])(
    'are refused on AWS, which %s gives away',
    (name) => {
      const env = { FANFARE_LOCAL_HOSTS: '127.0.0.1:4101' };
      expect(readLocalHosts(env)).toEqual(['127.0.0.1:4101']);
      expect(() => readLocalHosts({ ...env, [name]: '127.0.0.1:9001' })).toThrow('local stack only');
      expect(readLocalHosts({ [name]: '127.0.0.1:9001' })).toEqual([]);
    },
  );
});
