import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Context } from 'aws-lambda';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAws } from '../../lib/platform/aws.ts';
import { startCpuProfile } from '../../lib/platform/cpu-profile.ts';
import { createTrustedHttp } from '../../lib/platform/http.ts';
import { putObject } from '../../lib/platform/put-object.ts';
import type { WatchRun } from '../../lib/platform/sampled.ts';
import { type WatchDeps, createWatch } from '../../lib/platform/watch-run.ts';
import { receiveHttp } from './receivers.ts';

const NOW = Date.UTC(2026, 10, 27, 3, 4, 5, 6);
const SAMPLING = { oneIn: 1, bucket: 'profiles', label: 'Timers', bundle: 'timers' };
const CREDENTIALS = {
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'canary/secret+key',
};

const context = (leftMs = 10_000): Context =>
  ({ awsRequestId: 'a1-b2/../c3', getRemainingTimeInMillis: () => leftMs }) as Context;

/** Watches runs, and puts their profiles to a server that answers like this. */
async function watching(answer: (response: ServerResponse) => unknown, more: Partial<WatchDeps> = {}) {
  const requests: { readonly request: IncomingMessage; readonly body: string }[] = [];
  const lines: string[] = [];
  const receiver = await receiveHttp(async (request, response) => {
    requests.push({ request, body: await text(request) });
    answer(response);
  });
  const { send, close } = createTrustedHttp();
  onTestFinished(close);
  const aws = createAws({ send, env: { ...CREDENTIALS, AWS_ENDPOINT_URL_S3: `http://${receiver.host}` } });
  const watch = createWatch({
    sampling: SAMPLING,
    start: startCpuProfile,
    codeId: async () => 'c0de',
    put: (object, timeoutMs) => putObject(aws, object, timeoutMs),
    log: (level, message, fields) =>
      void lines.push(`${level} ${message}: ${fields?.detail ?? fields?.error?.message}`),
    now: () => NOW,
    ...more,
  });
  return { watch, requests, lines };
}

const ok = (response: ServerResponse) => response.end();

async function throughout(watch: WatchRun, run: Context): Promise<void> {
  const end = await watch(run);
  await end();
}

/** Some work with a name of its own. */
function countPrimes(limit: number): number {
  let count = 0;
  for (let n = 2; n < limit; n++) {
    let d = 2;
    while (n % d !== 0) d++;
    if (d === n) count++;
  }
  return count;
}

describe('a run that is watched', () => {
  test('leaves its profile in the bucket, below the name of its function, before it answers', async () => {
    const { watch, requests, lines } = await watching(ok);
    const end = await watch(context());
    countPrimes(20_000);
    await end();

    const key = 'Timers/2026-11-27T03-04-05-006Z-a1-b2----c3.cpuprofile';
    expect(lines).toEqual([`info profile kept: ${key}`]);
    const [{ request, body } = { request: undefined, body: '' }] = requests;
    expect(`${request?.method} ${request?.url}`).toBe(`PUT /profiles/${key}`);
    expect(request?.headers['authorization']).toContain('/eu-west-1/s3/aws4_request');
    const { nodes, samples, timeDeltas, fanfare } = JSON.parse(body);
    expect(fanfare).toEqual({ label: 'Timers', bundle: 'timers', code: 'c0de' });
    expect(samples.length).toBe(timeDeltas.length);
    const names = nodes.map(
      ({ callFrame }: { callFrame: { functionName: string } }) => callFrame.functionName,
    );
    expect(names).toContain('countPrimes');
  });

  test('hears of a refusal in a warning that shows neither key nor what was signed', async () => {
    const { watch, lines } = await watching((response) =>
      response
        .writeHead(403)
        .end('<Error><Code>AccessDenied</Code><StringToSign>canary/secret+key</StringToSign></Error>'),
    );
    await throughout(watch, context());
    expect(lines).toEqual(['warn profile was not kept: S3 answers 403 AccessDenied']);
  });

  test('waits no longer than its own time allows for a bucket that does not answer', async () => {
    const { watch, requests, lines } = await watching(() => undefined);
    // A tenth of a second is left beyond what its answer is given.
    await throughout(watch, context(600));
    expect(requests).toHaveLength(1);
    expect(lines).toEqual([expect.stringMatching(/^warn profile was not kept: .+/)]);
  });

  test.each([
    [60_000, 2_000],
    [1_700, 1_200],
    [501, 1],
  ])('with %d ms left keeps its answer back for %d ms at most', async (leftMs, expected) => {
    const given: number[] = [];
    const { watch } = await watching(ok, {
      put: async (_, timeoutMs) => {
        given.push(timeoutMs);
        return { kind: 'reply', status: 200, headers: {}, body: '' };
      },
    });
    await throughout(watch, context(leftMs));
    expect(given).toEqual([expected]);
  });

  test('sends nothing when its time is over', async () => {
    const { watch, requests, lines } = await watching(ok);
    await throughout(watch, context(400));
    expect(requests).toEqual([]);
    expect(lines).toEqual(['warn profile was not kept: no time is left to send it']);
  });

  test.each<[string, Partial<WatchDeps>]>([
    ['begin', { start: () => Promise.reject(new Error('no inspector')) }],
    ['end', { start: async () => () => Promise.reject(new Error('no inspector')) }],
    ['be named', { codeId: () => Promise.reject(new Error('no inspector')) }],
  ])('goes on when its profile cannot %s', async (_, broken) => {
    const { watch, requests, lines } = await watching(ok, broken);
    await throughout(watch, context());
    expect(requests).toEqual([]);
    expect(lines).toEqual(['warn profile was not kept: no inspector']);
  });
});
