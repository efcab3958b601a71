import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AwsSend } from '../../lib/platform/aws.ts';
import {
  createSecrets,
  fromFile,
  fromSsm,
  SecretsError,
  secretsSource,
  tenantSecrets,
} from '../../lib/platform/secrets.ts';

/** A source with a switch, a clock and a count. */
function source(values: Record<string, string>) {
  const state = { down: false, nowMs: 0, loads: [] as string[] };
  const secrets = createSecrets({
    load: async (names) => {
      state.loads.push(names.join());
      if (state.down) throw new SecretsError('down');
      return new Map(Object.entries(values).filter(([name]) => names.includes(name)));
    },
    now: () => state.nowMs,
  });
  const get = async (...names: string[]) => Object.fromEntries(await secrets.get(names));
  return { state, get, values };
}

describe('secrets', () => {
  test('are looked up together and once in 300 s', async () => {
    const { state, get } = source({ a: '1', b: '2' });
    expect(await get('a', 'b', 'a')).toEqual({ a: '1', b: '2' });
    state.nowMs = 299_999;
    expect(await get('b')).toEqual({ b: '2' });
    expect(state.loads).toEqual(['a,b']);
    state.nowMs = 300_000;
    await get('b');
    expect(state.loads).toEqual(['a,b', 'b']);
  });

  test('that are missing are left out and looked for again after 10 s', async () => {
    const { state, get, values } = source({ a: '1' });
    expect(await get('a', 'new')).toEqual({ a: '1' });
    values['new'] = '2';
    expect(await get('a', 'new')).toEqual({ a: '1' });
    state.nowMs = 10_000;
    expect(await get('a', 'new')).toEqual({ a: '1', new: '2' });
    expect(state.loads).toEqual(['a,new', 'new']);
  });

  test('are used for 10 min more while their source is down', async () => {
    const { state, get } = source({ a: '1' });
    await get('a');
    state.down = true;
    state.nowMs = 899_999;
    expect(await get('a')).toEqual({ a: '1' });
    state.nowMs = 900_000;
    await expect(get('a')).rejects.toThrow(SecretsError);
  });

  test('that were never known throw while their source is down: unknown is not missing', async () => {
    const { state, get } = source({ a: '1' });
    state.down = true;
    await expect(get('a')).rejects.toThrow(SecretsError);
  });
});

describe('SSM', () => {
  function ssm(answer: (names: readonly string[]) => { status?: number; body: unknown }) {
    const calls: string[][] = [];
    const aws: AwsSend = async ({ body }) => {
      const { Names } = JSON.parse(body) as { Names: string[] };
      calls.push(Names);
      const { status = 200, body: reply } = answer(Names);
      return { kind: 'reply', status, headers: {}, body: JSON.stringify(reply) };
    };
    return { load: fromSsm(aws, '/fanfare/prod/'), calls };
  }

  test('is asked for ten parameters a call, below the path of the stack', async () => {
    const { load, calls } = ssm((names) => ({
      body: { Parameters: names.map((Name) => ({ Name, Value: `v${Name}` })) },
    }));
    const names = Array.from({ length: 12 }, (_, n) => `team/secret-${n}`);
    const values = await load(names);
    expect(calls.map(({ length }) => length)).toEqual([10, 2]);
    expect(calls[0]?.[0]).toBe('/fanfare/prod/team/secret-0');
    expect([...values.keys()]).toEqual(names);
    expect(values.get('team/secret-1')).toBe('v/fanfare/prod/team/secret-1');
  });

  test('does not hear of names it would refuse, and of missing ones says nothing', async () => {
    const { load, calls } = ssm(() => ({ body: { InvalidParameters: ['/fanfare/prod/gone'] } }));
    expect(await load(['gone', 'a b', '', '/abs', 'a//b', 'x'.repeat(129), 'ü'])).toEqual(new Map());
    expect(calls).toEqual([['/fanfare/prod/gone']]);
  });

  test('that refuses throws its status and not its body', async () => {
    const { load } = ssm(() => ({ status: 400, body: { message: 'canary' } }));
    await expect(load(['a'])).rejects.toThrow(/^SSM answered 400$/);
  });

  test('that cannot be reached throws', async () => {
    const aws: AwsSend = async () => ({
      kind: 'failure',
      reason: 'dns',
      started: false,
      detail: 'no such name',
    });
    await expect(fromSsm(aws, '/p/')(['a'])).rejects.toThrow('SSM: no such name');
  });
});

describe('the local file', () => {
  async function file(content: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'fanfare-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'secrets.json'), content);
    return join(folder, 'secrets.json');
  }

  test('gives its texts by name and nothing it inherits', async () => {
    const load = fromFile(await file('{"a":"1","b":2}'));
    expect(await load(['a', 'b', 'toString', '__proto__'])).toEqual(new Map([['a', '1']]));
  });

  test('that is broken or absent throws without repeating itself', async () => {
    await expect(fromFile(await file('{"a":"canary"'))(['a'])).rejects.toThrow(
      'the secrets file is not valid JSON',
    );
    await expect(fromFile(await file('["canary"]'))(['a'])).rejects.toThrow(
      'the secrets file holds no JSON object',
    );
    await expect(fromFile('/nowhere/secrets.json')(['a'])).rejects.toThrow(SecretsError);
  });

  test('is the source when the environment names one, with changes seen at once', async () => {
    const aws: AwsSend = () => Promise.reject(new Error('not asked'));
    const local = secretsSource(aws, { FANFARE_SECRETS_FILE: await file('{"a":"1"}') });
    expect(local.freshMs).toBeLessThanOrEqual(1_000);
    expect(await local.load(['a'])).toEqual(new Map([['a', '1']]));
    expect(secretsSource(aws, { FANFARE_SECRETS_PATH: '/fanfare/prod/' }).freshMs).toBe(300_000);
    expect(() => secretsSource(aws, {})).toThrow('FANFARE_SECRETS_PATH');
  });
});

test('a tenant reads its own secrets only: names are looked up below its path', async () => {
  const asked: string[][] = [];
  const secrets = createSecrets({
    load: (names) => {
      asked.push([...names]);
      return Promise.resolve(
        new Map([
          ['acme/token', 'mine'],
          ['rival/token', 'theirs'],
        ]),
      );
    },
  });
  const values = await tenantSecrets(secrets)('acme', ['token', 'rival/token']);
  expect(asked).toEqual([['acme/token', 'acme/rival/token']]);
  expect(values).toEqual(new Map([['token', 'mine']]));
});
