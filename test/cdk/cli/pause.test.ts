import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { pause, resume } from '../../../cdk/cli/pause.ts';
import { CommandError } from '../../../cdk/cli/terminal.ts';
import { OPERATOR } from '../../../lib/core/pause.ts';
import { createPauses } from '../../../lib/stores/pauses.ts';
import { type Rig, startManage } from '../../functions/manage-rig.ts';
import { serveRig } from './serve-rig.ts';
import { testTerminal } from './test-terminal.ts';

let rig: Rig;
let api: Awaited<ReturnType<typeof serveRig>>;
let tenant: string;
let key: string;
let count = 0;

beforeAll(async () => {
  rig = await startManage();
  api = await serveRig(rig);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await api.close();
  await rig.close();
});
beforeEach(async () => {
  tenant = `cli${count++}`;
  key = await rig.newKey(tenant);
});

async function run(command: typeof pause, ...args: string[]) {
  const terminal = testTerminal('/nowhere', { FANFARE_API_KEY: key });
  const code = await command([...args], terminal);
  return { code, said: terminal.said.join('\n') };
}
const over = (command: typeof pause, ...args: string[]) => run(command, ...args, '--api', api.url);
const ids = async (of = tenant) => (await createPauses(rig.catalog).list(of)).map(({ id }) => id);

describe('fanfare pause and resume', () => {
  test('pause a channel, show it with its reason, and end it', async () => {
    const paused = await over(pause, '--channel', 'slack', '--reason', 'Slack is down');
    expect(paused).toEqual({ code: 0, said: 'Paused channel slack; it takes effect within 10 s.' });
    expect((await over(pause, 'list')).said).toMatch(
      /^2026-11-21T10:00:00.000Z {2}channel:slack {2}Slack is down$/,
    );
    expect(await over(resume, '--channel', 'slack')).toMatchObject({ code: 0 });
    expect((await over(pause, 'list')).said).toBe('Nothing is paused.');
    expect(await over(resume, '--channel', 'slack')).toEqual({ code: 1, said: 'No pause of channel slack.' });
  });

  test('pause a destination or the tenant', async () => {
    const body = { channel: 'webhook', settings: { url: 'https://example.com/x' } };
    await rig.ask('PUT /v1/destinations/ops', { key, body });
    await over(pause, '--destination', 'ops');
    await over(pause, '--tenant');
    expect(await ids()).toEqual(['destination:ops', 'tenant']);
    await expect(over(pause, '--destination', 'none')).rejects.toThrow('there is no such destination');
  });

  test('pause for every tenant in the table itself, with AWS credentials', async () => {
    const endpoint = await rig.catalog.client.config.endpoint!();
    const { protocol, hostname, port = '' } = endpoint;
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `${protocol}//${hostname}:${port}`);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    const all = ['--all', '--table', rig.catalog.name, '--region', 'us-east-1'];
    expect((await run(pause, ...all)).said).toContain('everything, for every tenant');
    await run(pause, ...all, '--channel', 'slack');
    expect(await ids(OPERATOR)).toEqual(['channel:slack', 'tenant']);
    expect((await over(pause, 'list')).said).toContain('channel:slack  for every tenant');
    expect((await run(resume, ...all)).code).toBe(0);
    expect((await run(resume, ...all)).code).toBe(1);
    expect(await ids(OPERATOR)).toEqual(['channel:slack']);
  });

  test.each([
    ['nothing', []],
    ['two things', ['--tenant', '--channel', 'slack']],
    ['a destination of every tenant', ['--all', '--destination', 'ops', '--table', 'x']],
    ['no channel', ['--all', '--channel', 'pigeon', '--table', 'x']],
    ['no stack', ['--all']],
    ['a word', ['slack']],
  ])('given %s say what to do', async (_, args) => {
    for (const command of [pause, resume]) await expect(run(command, ...args)).rejects.toThrow(CommandError);
  });

  test('explain themselves', async () => {
    expect((await run(pause, '--help')).said).toContain('fanfare pause list');
    expect((await run(resume, '--help')).said).toContain('fanfare resume --destination');
  });
});
