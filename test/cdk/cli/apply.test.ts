import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { apply } from '../../../cdk/cli/apply.ts';
import { CommandError } from '../../../cdk/cli/terminal.ts';
import { type Rig, startManage } from '../../functions/manage-rig.ts';
import { serveRig } from './serve-rig.ts';
import { testTerminal } from './test-terminal.ts';

let rig: Rig;
let api: Awaited<ReturnType<typeof serveRig>>;
let folder: string;
let key: string;
let count = 0;

beforeAll(async () => {
  rig = await startManage();
  api = await serveRig(rig);
});
afterAll(async () => {
  await api.close();
  await rig.close();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfare-'));
  key = await rig.newKey(`cli${count++}`);
  return () => rm(folder, { recursive: true });
});

const CATALOG = `destinations:
  - id: ops
    channel: webhook
    settings: { url: 'https://example.com/\${PATH_OF_OPS}' }
routes:
  - id: all
    default: true
    destinations: [ops]
`;

async function run(text: string, args: readonly string[], answer?: boolean) {
  const file = join(folder, 'catalog.yaml');
  await writeFile(file, text);
  const terminal = testTerminal(folder, { PATH_OF_OPS: 'x', FANFARE_API_KEY: key }, answer);
  const code = await apply([file, '--api', api.url, ...args], terminal);
  return { code, ...terminal };
}

describe('fanfare apply', () => {
  test('shows what changes, applies it, and then has nothing to do', async () => {
    const first = await run(CATALOG, ['--yes']);
    expect(first.said).toEqual([
      '+ destination ops',
      '+ route all',
      'Applied: 2 new, 0 changed, 0 removed; in effect.',
    ]);
    const changed = CATALOG.replace('https://example.com/${PATH_OF_OPS}', 'https://example.com/y');
    expect((await run(changed, ['--yes'])).said[0]).toBe('~ destination ops (settings.url)');
    const same = await run(changed, ['--yes']);
    expect(same).toMatchObject({ code: 0, said: ['The catalog is as the file says; nothing to do.'] });
    expect((await run('', ['--yes'])).said).toEqual([
      '- route all',
      '- destination ops',
      'Applied: 0 new, 0 changed, 2 removed; in effect.',
    ]);
  });

  test('keeps what the file does not name when asked to', async () => {
    await run(CATALOG, ['--yes']);
    expect(await run('', ['--yes', '--keep'])).toMatchObject({
      code: 0,
      said: [expect.stringContaining('nothing to do')],
    });
  });

  test('changes nothing in a dry run, or when the answer is no', async () => {
    expect(await run(CATALOG, ['--dry-run'])).toMatchObject({ code: 0 });
    expect(await run(CATALOG, [], false)).toMatchObject({ code: 1 });
    await expect(run(CATALOG, [])).rejects.toThrow('add --yes');
    const { said } = await run(CATALOG, [], true);
    expect(said[0]).toBe('+ destination ops');
  });

  test('tells the line of what only the API can know', async () => {
    const wrong = CATALOG.replace('https://example.com', 'http://10.0.0.1');
    expect(await run(wrong, ['--yes'])).toMatchObject({
      code: 1,
      complained: [
        expect.stringMatching(/^catalog\.yaml:4 {2}destinations\.ops\.settings\.url: must begin with https/),
      ],
    });
  });

  test('fills in the secrets of the stack on this machine first', async () => {
    await mkdir(join(folder, '.fanfare'));
    const local = { apiUrl: api.url, apiKey: key, twinUrl: 'http://127.0.0.1:4101', pid: 1 };
    await writeFile(join(folder, '.fanfare', 'local.json'), JSON.stringify(local));
    const file = join(folder, 'catalog.yaml');
    const slack = '{ id: team, channel: slack, settings: { webhookUrl: { secret: slack/team } } }';
    await writeFile(
      file,
      `destinations:\n  - ${slack}\n  - id: w\n    channel: webhook\n    settings:\n      url: \${TWIN_URL}/webhook/w\n`,
    );
    const terminal = testTerminal(folder);
    expect(await apply([file, '--local'], terminal)).toBe(0);
    expect(terminal.said).toContain('+ destination team');
    const secrets = JSON.parse(await readFile(join(folder, '.fanfare', 'secrets.json'), 'utf8')) as Record<
      string,
      string
    >;
    expect(secrets['slack/team']).toMatch(/^http:\/\/127\.0\.0\.1:4101\/slack\//);
  });

  test.each([
    ['no file', [], 'name one catalog file'],
    ['a file that is not there', ['/nowhere.yaml'], 'cannot be read'],
    ['two stacks', ['x.yaml', '--local'], '--local does not go with --api'],
  ])('given %s says what to do', async (_, args, message) => {
    const terminal = testTerminal(folder, { FANFARE_API_KEY: key });
    await expect(apply([...args, '--api', api.url], terminal)).rejects.toThrow(message);
    await expect(apply(['x.yaml'], testTerminal(folder))).rejects.toThrow('npm start');
  });

  test('with a wrong key or without an API gives a readable error', async () => {
    const terminal = testTerminal(folder);
    const file = join(folder, 'c.yaml');
    await writeFile(file, '');
    await expect(apply([file, '--api', api.url, '--key', 'x'], terminal)).rejects.toThrow(
      /401: A valid API key/,
    );
    await expect(apply([file, '--api', 'http://127.0.0.1:1', '--key', 'x'], terminal)).rejects.toThrow(
      CommandError,
    );
    await expect(apply([file, '--api', 'nonsense', '--key', 'x'], terminal)).rejects.toThrow(
      '--api takes a URL',
    );
  });
});
