import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dead } from '../../../cdk/cli/dead.ts';
import { replay } from '../../../cdk/cli/replay.ts';
import { CommandError } from '../../../cdk/cli/terminal.ts';
import { createDead } from '../../../lib/stores/dead.ts';
import { createReplayJobs } from '../../../lib/stores/replay-jobs.ts';
import { NOW, type Rig, startManage } from '../../functions/manage-rig.ts';
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
  await api.close();
  await rig.close();
});
beforeEach(async () => {
  tenant = `cli${count++}`;
  key = await rig.newKey(tenant);
  const body = { channel: 'webhook', settings: { url: 'https://example.com/x' } };
  await rig.ask('PUT /v1/destinations/ops', { key, body });
});

async function bury(...events: string[]): Promise<void> {
  const content = { id: 'e', topic: 'a', time: '', title: 'Title', text: '' };
  const common = {
    reason: 'exhausted',
    attempt: 3,
    channel: 'webhook',
    since: NOW - 1_000,
    content,
  } as const;
  const burials = events.map((event) =>
    Object.assign({ ref: { tenant, event, destination: 'ops' } }, common),
  );
  await createDead(rig.ledger, { now: () => NOW - 1_000 })(burials, () => NOW / 1_000 + 86_400);
}

type Command = typeof replay;

async function run(command: Command, args: readonly string[], answer?: boolean, wait = async () => {}) {
  const terminal = { ...testTerminal('/nowhere', { FANFARE_API_KEY: key }, answer), wait };
  const code = await command([...args, '--api', api.url], terminal);
  return { code, said: terminal.said.join('\n') };
}

const jobs = () => createReplayJobs(rig.ledger, { now: () => NOW });

describe('fanfare replay', () => {
  test('shows what it would do, and does nothing before it is told to', async () => {
    await bury('a', 'b');
    const preview = await run(replay, ['--dead', '--preview']);
    expect(preview.code).toBe(0);
    expect(preview.said).toContain('2 deliveries:');
    expect(preview.said).toMatch(/ops +2/);
    expect((await run(replay, ['--dead'], false)).code).toBe(1);
    await expect(run(replay, ['--dead'])).rejects.toThrow('add --yes');
    expect(await jobs().list(tenant)).toEqual([]);
  });

  test('starts and follows until it is done', async () => {
    await bury('a', 'b');
    const finish = async () => {
      const [job] = await jobs().list(tenant);
      await jobs().advance(job!, { ...job!, state: 'done', sent: 2 }, NOW / 1_000 + 86_400);
    };
    const { code, said } = await run(replay, ['--dead', '--yes', '--id', 'monday'], undefined, finish);
    expect(code).toBe(0);
    expect(said).toContain('Replay monday runs');
    expect(said).toContain('monday  done  2 of about 2 handed out');
  });

  test('tells and turns', async () => {
    await bury('a');
    await run(replay, ['--dead', '--destination', 'ops', '--yes', '--no-wait', '--id', 'x']);
    expect((await run(replay, ['list'])).said).toBe('x  running  0 of about 1 handed out');
    expect((await run(replay, ['pause', 'x'])).said).toContain('paused');
    expect((await run(replay, ['resume', 'x'])).said).toContain('running');
    expect((await run(replay, ['cancel', 'x'])).said).toContain('cancelled');
    expect((await run(replay, ['status', 'x'])).said).toContain('cancelled');
    await expect(run(replay, ['resume', 'x'])).rejects.toThrow('It is cancelled');
  });

  test('of past events asks for a time', async () => {
    await expect(run(replay, ['--topic', 'orders', '--preview'])).rejects.toThrow('/from this is missing');
    const range = ['--from', '2026-11-20T00:00:00Z', '--to', '2026-11-21T00:00:00Z'];
    const { said } = await run(replay, ['--topic', 'orders', ...range, '--destinations', 'ops', '--preview']);
    expect(said).toBe('There is nothing to replay.');
  });

  test.each([[[]], [['--dead', '--topic', 'a']], [['stop', 'x']], [['pause']]])(
    '%j is no way to call it',
    (args) => expect(run(replay, args)).rejects.toThrow(CommandError),
  );
});

describe('fanfare dead', () => {
  test('replays and discards one', async () => {
    await bury('a', 'b');
    expect((await run(dead, ['replay', 'a:ops'])).said).toBe('a:ops  retrying');
    expect((await run(dead, ['discard', 'b:ops'])).said).toBe('b:ops  discarded');
    await expect(run(dead, ['discard', 'b:ops'])).rejects.toThrow('It is discarded');
  });

  test('shows one with its attempts', async () => {
    const attempt = {
      n: 1,
      at: '2026-11-21T10:00:00Z',
      outcome: 'retry',
      reason: 'serverError',
      status: 503,
      ms: 12,
    };
    const one = { event: 'a', destination: 'ops', state: 'dead', reason: 'exhausted', attempt: 1 };
    const delivery = { id: 'a:ops', ...one, attempts: [attempt] };
    const view = { id: 'a', topic: 't', time: '', receivedAt: '', pack: 'p', deliveries: [delivery] };
    rig.events.set(`${tenant} a`, view);
    const { said } = await run(dead, ['show', 'a:ops']);
    expect(said).toContain('a:ops  dead (exhausted)');
    expect(said).toContain('#1  2026-11-21T10:00:00Z  retry  503  serverError  12 ms');
  });

  test('lists, and says when there is nothing', async () => {
    expect(await run(dead, ['--limit', '1'])).toEqual({ code: 0, said: 'Nothing is dead.' });
    expect(rig.lists.at(-1)).toMatchObject([tenant, { state: 'dead', limit: 1 }]);
    await expect(run(dead, ['--limit', '0'])).rejects.toThrow('--limit takes');
    await expect(run(dead, ['bury', 'a:ops'])).rejects.toThrow(CommandError);
  });
});
