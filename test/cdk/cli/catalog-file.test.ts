import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatIssue, parseCatalogFile } from '../../../cdk/cli/catalog-file.ts';
import { fillLocalSecrets } from '../../../cdk/cli/local-secrets.ts';
import { parseApiKey } from '../../../lib/core/api-key.ts';
import { parseCatalogInput } from '../../../lib/core/catalog-input.ts';
import { registry } from '../../../lib/registry.ts';
import { checkSettings, resolveSettings } from '../../../lib/settings.ts';

const issuesOf = (text: string, variables = {}): string[] => {
  const read = parseCatalogFile(text, variables);
  return read.ok ? [] : read.issues.map((issue) => formatIssue('catalog.yaml', issue));
};

describe('a catalog file', () => {
  test.each<[string, string, string]>([
    ['bad YAML', 'a: [', 'catalog.yaml:1  '],
    ['a key twice', 'routes: []\nroutes: []', 'catalog.yaml:2  '],
    ['an unknown list', 'hooks: []\nroute: []', 'catalog.yaml:2  route: there is no such list'],
    [
      'a misspelt member',
      'destinations:\n  - id: ops\n    chanel: slack\n    channel: slack\n    settings: {}',
      'catalog.yaml:3  destinations.ops.chanel: there is no such member',
    ],
    [
      'something missing, at what lacks it',
      'templates:\n  - text: x\n  - id: b\n    txt: x',
      'catalog.yaml:2  templates.0.id: write a name',
    ],
    [
      'a mode that does not exist',
      'topics:\n  - id: money\n    topics: [a.*]\n    mode: once',
      'catalog.yaml:4  topics.money.mode: write one of atMostOnce, atLeastOnce, exactlyOnceRecorded',
    ],
    [
      'a value deep inside',
      'destinations:\n  - id: ops\n    channel: slack\n    settings:\n      webhookUrl: { secret: a b }',
      'catalog.yaml:5  destinations.ops.settings.webhookUrl: ',
    ],
    [
      'a variable without a value',
      'destinations:\n  - id: ops\n    channel: webhook\n    settings:\n      url: ${NOWHERE}/x',
      'catalog.yaml:5  ${NOWHERE} has no value',
    ],
  ])('with %s says the line and what to do', (_, text, expected) => {
    expect(issuesOf(text)[0]).toContain(expected);
  });

  test('takes values from outside, and leaves what is escaped', () => {
    const read = parseCatalogFile('templates:\n  - id: a\n    text: "${A}-$${A}-{{topic}}"', { A: '1' });
    expect(read.ok && read.file.catalog).toEqual({ templates: [{ id: 'a', text: '1-${A}-{{topic}}' }] });
  });

  test('finds the line of what the API complains about', () => {
    const read = parseCatalogFile(
      'destinations:\n  - id: ops\n    channel: slack\n    settings:\n      token: { secret: a }',
      {},
    );
    const issueOf = read.ok ? read.file.issueOf : undefined;
    expect(issueOf?.({ pointer: '/destinations/0/settings/token', detail: 'has no value' })).toEqual({
      line: 5,
      path: 'destinations.ops.settings.token',
      message: 'has no value',
    });
    expect(issueOf?.({ pointer: '/destinations/0/settings/webhookUrl', detail: '' })).toMatchObject({
      line: 4,
    });
    expect(issueOf?.({ pointer: '/nothing/5/x', detail: '' })).toMatchObject({ line: 1 });
  });

  test('that is empty is an empty catalog', () => {
    expect(parseCatalogFile('', {})).toMatchObject({ ok: true, file: { catalog: {} } });
  });
});

describe('values for the stack on this machine', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fanfare-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const twinUrl = 'http://127.0.0.1:4101';
  const smtpUrl = 'smtp://127.0.0.1:2525';

  test.each(['catalog.example.yaml', 'catalog.load.yaml', 'catalog.tasks.yaml'])(
    'make %s ready to deliver',
    async (name) => {
      const read = parseCatalogFile(await readFile(`test/fixtures/${name}`, 'utf8'), { TWIN_URL: twinUrl });
      if (!read.ok) throw new Error(JSON.stringify(read.issues));
      const { catalog } = read.file;
      const values = await fillLocalSecrets({
        catalog,
        file: join(folder, 'secrets.json'),
        twinUrl,
        smtpUrl,
      });
      const rules = { localHosts: ['127.0.0.1:4101'], twinUrl };
      const parsed = parseCatalogInput(catalog);
      expect(parsed.ok).toBe(true);
      for (const { channel, settings } of catalog['destinations'] as {
        channel: string;
        settings: Record<string, unknown>;
      }[]) {
        const known = registry.get(channel);
        if (!known) throw new Error(`no channel ${channel}`);
        expect(checkSettings(known, settings, rules)).toEqual([]);
        expect(resolveSettings(known, settings, new Map(Object.entries(values)), rules)).toMatchObject({
          ok: true,
        });
      }
    },
  );

  test('the example has a destination on every channel', async () => {
    const text = await readFile('test/fixtures/catalog.example.yaml', 'utf8');
    const read = parseCatalogFile(text, { TWIN_URL: twinUrl });
    const destinations = (read.ok ? read.file.catalog['destinations'] : []) as { channel: string }[];
    expect(destinations.map(({ channel }) => channel).toSorted()).toEqual([...registry.keys()].toSorted());
  });

  test('are kept, except the address of a twin that has moved', async () => {
    const file = join(folder, 'sub', 'secrets.json');
    const catalog = {
      destinations: [
        { id: 'a', channel: 'slack', settings: { webhookUrl: { secret: 'mine' } } },
        { id: 'b', channel: 'slack', settings: { webhookUrl: { secret: 'made' } } },
      ],
      keys: [{ id: 'ci', secret: 'keys/ci', scopes: ['send'] }],
    };
    const first = await fillLocalSecrets({ catalog, file, twinUrl });
    expect(parseApiKey(first['keys/ci'] ?? '')).toMatchObject({ env: 'local' });
    await writeFile(file, JSON.stringify({ ...first, mine: 'https://hooks.slack.com/services/T/B/x' }));
    const second = await fillLocalSecrets({ catalog, file, twinUrl: 'http://127.0.0.1:5000' });
    expect(second['mine']).toBe('https://hooks.slack.com/services/T/B/x');
    expect(second['made']).toMatch(/^http:\/\/127\.0\.0\.1:5000\//);
    expect(second['keys/ci']).toBe(first['keys/ci']);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(second);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});
