import { createHash, createHmac } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { startFauxqs } from 'fauxqs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { callSsm, createAws } from '../../lib/platform/aws.ts';
import { createTrustedHttp, type HttpCall } from '../../lib/platform/http.ts';
import { putObject } from '../../lib/platform/put-object.ts';
import { receiveHttp } from './receivers.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const CREDENTIALS = {
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'canary/secret+key',
};
const OPTIONS = { timeoutMs: 5_000, secrets: [] };
const MAIL = {
  service: 'ses',
  method: 'POST',
  path: '/v2/email/outbound-emails',
  headers: { 'content-type': 'application/json' },
  body: '{"FromEmailAddress":"a@example.com"}',
} as const;

function recording(env: Record<string, string> = {}) {
  const calls: HttpCall[] = [];
  const send = async (call: HttpCall) => {
    calls.push(call);
    return { kind: 'reply', status: 200, headers: {}, body: '' } as const;
  };
  return { calls, aws: createAws({ send, env: { ...CREDENTIALS, ...env }, now: () => NOW }) };
}

/** Signature version 4, written from its description: canonical request, string to sign, derived key. */
function signatureOf({
  method,
  headers,
  body,
  path,
  host,
  service = 'ses',
}: HttpCall & { path: string; host: string; service?: string }): string {
  const hash = (data: string) => createHash('sha256').update(data).digest('hex');
  const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
  const signed = /SignedHeaders=([^,]+)/.exec(headers['authorization'] ?? '')?.[1] ?? '';
  const all: Record<string, string> = { ...headers, host };
  const canonical = [
    method,
    path,
    '',
    ...signed.split(';').map((name) => `${name}:${all[name]}`),
    '',
    signed,
    hash(body),
  ].join('\n');
  const scope = `20260102/eu-west-1/${service}/aws4_request`;
  const key = ['20260102', 'eu-west-1', service, 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${CREDENTIALS.AWS_SECRET_ACCESS_KEY}`,
  );
  return hmac(key, ['AWS4-HMAC-SHA256', '20260102T030405Z', scope, hash(canonical)].join('\n')).toString(
    'hex',
  );
}

describe('a request to AWS', () => {
  test('goes to the service in its region, with a signature anybody can recompute', async () => {
    const { calls, aws } = recording();
    await aws(MAIL, OPTIONS);
    const [call] = calls;
    expect(call?.url).toBe('https://email.eu-west-1.amazonaws.com/v2/email/outbound-emails');
    const signature = /Signature=([0-9a-f]{64})$/.exec(call?.headers['authorization'] ?? '')?.[1];
    const host = 'email.eu-west-1.amazonaws.com';
    expect(signature).toBe(signatureOf({ ...(call as HttpCall), path: MAIL.path, host }));
  });

  test.each([
    [{}, undefined, 'https://email.eu-west-1.amazonaws.com'],
    [{}, 'us-east-1', 'https://email.us-east-1.amazonaws.com'],
    [{}, 'cn-north-1', 'https://email.cn-north-1.amazonaws.com.cn'],
    [{}, 'us-gov-west-1', 'https://email.us-gov-west-1.amazonaws.com'],
    [{ AWS_ENDPOINT_URL_SESV2: 'http://127.0.0.1:4101/ses/' }, undefined, 'http://127.0.0.1:4101/ses'],
  ])('with %j and region %s goes to %s', async (env, region, origin) => {
    const { calls, aws } = recording(env);
    await aws({ ...MAIL, region }, OPTIONS);
    expect(calls[0]?.url).toBe(`${origin}/v2/email/outbound-emails`);
  });

  test('carries the session token of a role', async () => {
    const { calls, aws } = recording({ AWS_SESSION_TOKEN: 'token' });
    await aws(MAIL, OPTIONS);
    expect(calls[0]?.headers).toMatchObject({ 'x-amz-security-token': 'token' });
  });

  test.each(['evil.example/', 'x', 'us-east-1.evil', 'us-east-1@evil', ''])(
    'is not made to the region %j',
    async (region) => {
      const { calls, aws } = recording();
      expect(await aws({ ...MAIL, region }, OPTIONS)).toMatchObject({
        kind: 'failure',
        reason: 'settings',
        started: false,
      });
      expect(calls).toEqual([]);
    },
  );

  test('is not made without credentials', async () => {
    const { aws } = recording({ AWS_SECRET_ACCESS_KEY: '' });
    expect(await aws(MAIL, OPTIONS)).toMatchObject({ kind: 'failure', reason: 'settings' });
  });

  test('reaches a real server with the host that was signed, and never shows the key', async () => {
    const seen: string[] = [];
    const receiver = await receiveHttp(async (request, response) => {
      seen.push(request.headers.host ?? '', await text(request));
      response.writeHead(403).end('bad key canary/secret+key');
    });
    const { send, close } = createTrustedHttp();
    onTestFinished(close);
    const aws = createAws({
      send,
      env: { ...CREDENTIALS, AWS_ENDPOINT_URL_SESV2: `http://${receiver.host}` },
    });
    expect(await aws(MAIL, OPTIONS)).toMatchObject({
      kind: 'reply',
      status: 403,
      body: 'bad key [redacted]',
    });
    expect(seen).toEqual([receiver.host, MAIL.body]);
  });

  test('puts an object below its bucket, signed with the hash of its body', async () => {
    const { calls, aws } = recording();
    await putObject(aws, { bucket: 'profiles', key: 'Timers/2026-11.cpuprofile', body: '{"a":"ü"}' }, 2_000);
    const [call] = calls as [HttpCall];
    const host = 's3.eu-west-1.amazonaws.com';
    const path = '/profiles/Timers/2026-11.cpuprofile';
    expect(`${call.method} ${call.url}`).toBe(`PUT https://${host}${path}`);
    expect(call.headers['x-amz-content-sha256']).toBe(createHash('sha256').update(call.body).digest('hex'));
    const signature = /Signature=([0-9a-f]{64})$/.exec(call.headers['authorization'] ?? '')?.[1];
    expect(signature).toBe(signatureOf({ ...call, path, host, service: 's3' }));
  });

  test('puts an object where S3 finds it again', async () => {
    const s3 = await startFauxqs({ port: 0, logger: false });
    const { send, close } = createTrustedHttp();
    onTestFinished(async () => {
      close();
      await s3.stop();
    });
    const endpoint = `http://127.0.0.1:${s3.port}`;
    const aws = createAws({ send, env: { ...CREDENTIALS, AWS_ENDPOINT_URL_S3: endpoint } });
    await fetch(`${endpoint}/profiles`, { method: 'PUT' });

    const object = { bucket: 'profiles', key: 'Timers/2026-11.cpuprofile', body: '{"a":"ü"}' };
    expect(await putObject(aws, object, 5_000)).toMatchObject({ kind: 'reply', status: 200 });
    const found = await fetch(`${endpoint}/profiles/${object.key}`);
    expect(await found.text()).toBe(object.body);
  });

  test('to SSM names its operation', async () => {
    const { calls, aws } = recording();
    await callSsm(aws, 'GetParameters', { Names: ['/a'] });
    expect(calls[0]).toMatchObject({
      url: 'https://ssm.eu-west-1.amazonaws.com/',
      headers: { 'x-amz-target': 'AmazonSSM.GetParameters', 'content-type': 'application/x-amz-json-1.1' },
      body: '{"Names":["/a"]}',
    });
  });
});
