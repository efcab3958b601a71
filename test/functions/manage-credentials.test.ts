import { randomBytes } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { API_KEY_BYTES, createApiKey, formatApiKey } from '../../lib/core/api-key.ts';
import { createCredentials } from '../../lib/stores/credentials.ts';
import { fromAttributes } from '../../lib/stores/table.ts';
import { type Ask, NOW, type Rig, startManage } from './manage-rig.ts';

let rig: Rig;
let key: string;
let tenant: string;
let count = 0;

beforeAll(async () => {
  rig = await startManage();
});
afterAll(() => rig.close());
beforeEach(async () => {
  tenant = `tenant${count++}`;
  key = await rig.newKey(tenant);
});

const SEND = { secret: 'keys/ci', scopes: ['send'] };
const ask = (line: string, more: Ask = {}) => rig.ask(line, { key, ...more });
const force = { 'if-match': '*' };

/** A key stored where entries find it. */
function storeKey(name = 'keys/ci'): string {
  const text = formatApiKey(createApiKey('live', randomBytes(API_KEY_BYTES)));
  rig.secrets.set(name, text);
  return text;
}

/** Whether a key works for somebody who has not asked before. */
async function works(text: string): Promise<boolean> {
  const { client, name: table } = rig.catalog;
  const fresh = createCredentials({ client, table, now: () => NOW });
  return (await fresh.authenticate({ 'x-api-key': text })) !== undefined;
}

/** Ids that somebody may present, beside the key of this test, and ids that the lists show. */
async function credentials() {
  const { Items = [] } = await rig.catalog.client.send(new ScanCommand({ TableName: rig.catalog.name }));
  const items = Items.map(fromAttributes).filter((item) => item['tenant'] === tenant);
  const live = items.map(({ pk }) => pk.slice(2)).filter((id) => !key.includes(id));
  const lists = await Promise.all(['keys', 'hooks'].map(async (kind) => (await ask(`GET /v1/${kind}`)).body));
  return { live: live.toSorted(), lists: JSON.stringify(lists) };
}

describe('a key that several entries stand for', () => {
  test('survives a rename', async () => {
    const text = storeKey();
    await ask('PUT /v1/catalog', { body: { keys: [{ id: 'old', ...SEND }] } });
    const renamed = await ask('PUT /v1/catalog', {
      body: { keys: [{ id: 'new', ...SEND }] },
      headers: force,
    });
    expect(renamed.body).toMatchObject({ changes: [{ op: 'create' }, { op: 'delete' }] });
    expect(await works(text)).toBe(true);
    await ask('PUT /v1/catalog', { body: {}, headers: force });
    expect(await works(text)).toBe(false);
  });

  test('survives the end of one of them', async () => {
    const text = storeKey();
    for (const id of ['a', 'b']) expect((await ask(`PUT /v1/keys/${id}`, { body: SEND })).status).toBe(201);
    expect((await ask('DELETE /v1/keys/a')).status).toBe(204);
    expect(await works(text)).toBe(true);
    expect((await ask('DELETE /v1/keys/b')).status).toBe(204);
    expect(await works(text)).toBe(false);
  });

  test('cannot have the rights of one and those of the other', async () => {
    storeKey();
    await ask('PUT /v1/keys/a', { body: SEND });
    const wider = { ...SEND, scopes: ['send', 'manage'] };
    expect(await ask('PUT /v1/keys/b', { body: wider })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/scopes' }] },
    });
    const both = {
      keys: [
        { id: 'a', ...SEND },
        { id: 'b', ...wider },
      ],
    };
    expect((await ask('PUT /v1/catalog', { body: both, headers: force })).status).toBe(422);
    const same = {
      keys: [
        { id: 'a', ...wider },
        { id: 'b', ...wider },
      ],
    };
    expect((await ask('PUT /v1/catalog', { body: same, headers: force })).status).toBe(200);
  });
});

/** Runs a change whose worker dies at its n-th write to the catalog, before or after the write took effect. */
async function crashing(at: number, effect: boolean, change: () => Promise<unknown>): Promise<boolean> {
  const { middlewareStack } = rig.catalog.client;
  let writes = 0;
  middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const isWrite = /^(Put|Update|Delete|BatchWrite)Item/.test(commandName);
        if (isWrite && ++writes > at) throw new Error('dead');
        if (!isWrite || writes < at) return await next(args);
        if (effect) await next(args);
        throw new Error('dead');
      },
    { step: 'initialize', name: 'crash' },
  );
  try {
    await change();
  } catch {
    // The worker is dead.
  }
  middlewareStack.remove('crash');
  return writes >= at;
}

const CHANGES: readonly [string, (from: string, to: string) => [before: string[], change: string, Ask]][] = [
  ['a new key', (from) => [[], 'PUT /v1/keys/ci', { body: { ...SEND, secret: from } }]],
  [
    'a key with another secret',
    (from, to) => [[from], 'PUT /v1/keys/ci', { body: { ...SEND, secret: to }, headers: force }],
  ],
  ['the end of a key', (from) => [[from], 'DELETE /v1/keys/ci', {}]],
  ['a new hook', () => [[], 'PUT /v1/hooks/h', { body: { source: 'alertmanager' } }]],
  [
    'a hook of another kind',
    () => [['h'], 'PUT /v1/hooks/h', { body: { source: 'generic' }, headers: force }],
  ],
  ['the end of a hook', () => [['h'], 'DELETE /v1/hooks/h', {}]],
  [
    'a whole catalog',
    (from, to) => [
      [from],
      'PUT /v1/catalog',
      {
        body: { keys: [{ id: 'ci', ...SEND, secret: to }], hooks: [{ id: 'h', source: 'alertmanager' }] },
        headers: force,
      },
    ],
  ],
];

describe.each(CHANGES)('a crash during %s', (_, planOf) => {
  test.each([false, true])(
    'leaves no credential that no list shows, and a repeat finishes it (after the write: %s)',
    async (effect) => {
      for (let at = 1; ; at++) {
        tenant = `tenant${count++}`;
        key = await rig.newKey(tenant);
        const [from, to] = ['keys/from', 'keys/to'];
        const texts = [storeKey(from), storeKey(to)];
        const [before, line, more] = planOf(from, to);
        if (before.includes(from)) await ask('PUT /v1/keys/ci', { body: { ...SEND, secret: from } });
        if (before.includes('h')) await ask('PUT /v1/hooks/h', { body: { source: 'alertmanager' } });

        const crashed = await crashing(at, effect, () => ask(line, more));
        const after = await credentials();
        for (const id of after.live) expect(after.lists, `write ${at}`).toContain(id);
        if (!crashed) break;

        const headers = line.startsWith('DELETE') ? {} : after.lists.includes('"id"') ? force : {};
        await ask(line, { ...more, headers });
        const done = await credentials();
        expect(done.lists).not.toContain('pending');
        for (const id of done.live) expect(done.lists).toContain(id);
        const working = await Promise.all(texts.map(works));
        const listed = texts.map((text) => done.lists.includes(text.split('_')[2]!));
        expect(working, `write ${at}`).toEqual(listed);
      }
    },
  );
});

describe('two changes of one entry at the same time', () => {
  test.each([
    ['PUT /v1/keys/ci', 'DELETE /v1/keys/ci'],
    ['PUT /v1/keys/ci', 'PUT /v1/keys/ci'],
    ['DELETE /v1/keys/ci', 'DELETE /v1/keys/ci'],
  ])('%s and %s leave no credential that no list shows', async (one, other) => {
    for (let round = 0; round < 10; round++) {
      const texts = ['one', 'other', 'before'].map((name) => storeKey(`keys/${name}`));
      await ask('PUT /v1/keys/ci', { body: { ...SEND, secret: 'keys/before' }, headers: force });
      await ask('PUT /v1/keys/ci', { body: { ...SEND, secret: 'keys/before' } });
      await Promise.all([
        ask(one, { body: { ...SEND, secret: 'keys/one' }, headers: force }),
        ask(other, { body: { ...SEND, secret: 'keys/other' }, headers: force }),
      ]);
      const after = await credentials();
      for (const id of after.live) expect(after.lists).toContain(id);
      const listed = texts.map((text) => after.lists.includes(text.split('_')[2]!));
      expect(await Promise.all(texts.map(works))).toEqual(listed);
    }
  });

  /** Something happens right before the first write of its kind. */
  function before(
    isIt: (command: string, input: string) => boolean,
    meanwhile: () => Promise<unknown>,
  ): void {
    const { middlewareStack } = rig.catalog.client;
    let happened = false;
    middlewareStack.add(
      (next, { commandName = '' }) =>
        async (args) => {
          if (!happened && isIt(commandName, JSON.stringify(args.input))) {
            happened = true;
            await meanwhile();
          }
          return await next(args);
        },
      { step: 'initialize', name: 'meanwhile' },
    );
    onTestFinished(() => void middlewareStack.remove('meanwhile'));
  }

  test('a PUT that was too late leaves nothing behind', async () => {
    const text = storeKey();
    await ask('PUT /v1/keys/ci', { body: SEND });
    const { headers } = await ask('GET /v1/keys/ci');
    const late = storeKey('keys/late');
    before(
      (command) => command === 'PutItemCommand',
      () => ask('PUT /v1/keys/ci', { body: { ...SEND, scopes: ['read'] }, headers: force }),
    );
    const answer = await ask('PUT /v1/keys/ci', {
      body: { ...SEND, secret: 'keys/late' },
      headers: { 'if-match': headers?.['etag'] ?? '' },
    });
    expect(answer.status).toBe(412);
    expect(await works(late)).toBe(false);
    expect(await works(text)).toBe(true);
  });

  test('a key whose entry goes before it works does not work after it', async () => {
    const text = storeKey();
    before(
      (command, input) => command === 'UpdateItemCommand' && input.includes('K#'),
      () => ask('DELETE /v1/keys/ci'),
    );
    expect((await ask('PUT /v1/keys/ci', { body: SEND })).status).toBe(412);
    expect(await works(text)).toBe(false);
  });
});
