import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle } from '../../cdk/bundle.ts';
import { SILENT_VIEW } from '../../cdk/local/console-view.ts';
import { type LocalStack, startLocalStack } from '../../cdk/local/local-stack.ts';
import { main } from '../../load/profile.ts';
import { testTerminal } from '../cdk/cli/test-terminal.ts';
import { type Driver, PATIENT, TEST, driver } from './rig.ts';

const CATALOG = JSON.stringify({
  destinations: [{ id: 'ops', channel: 'webhook', settings: { url: '${TWIN_URL}/webhook/ops' } }],
  routes: [{ id: 'all', topics: ['*'], destinations: ['ops'] }],
});

describe('a stack that profiles each of its runs', TEST, () => {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-sampling-'));
  const code = join(dir, 'code');
  const denied: string[] = [];
  let stack: LocalStack;
  let user: Driver;
  beforeAll(async () => {
    await bundle({ outdir: code, sampled: true });
    const catalog = join(dir, 'catalog.json');
    writeFileSync(catalog, CATALOG);
    const view = { ...SILENT_VIEW, denied: (...what: unknown[]) => void denied.push(what.join(' ')) };
    stack = await startLocalStack({
      dir: join(dir, '.fanfare'),
      memory: true,
      catalog,
      view,
      cdkOut: join(dir, 'cdk.out'),
      settings: { sampling: { oneIn: 1 }, codeRoot: code },
    });
    user = driver(stack);
  });
  afterAll(async () => {
    await stack?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const objects = join(dir, '.fanfare/objects');
  const profiles = (): string[] =>
    readdirSync(objects, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.cpuprofile'),
    );
  const labels = (): string[] => [...new Set(profiles().map((name) => basename(dirname(name))))].toSorted();

  test('delivers as any other, and keeps what it found by the name of the function', async () => {
    const [id = ''] = await user.post('/v1/events', { topic: 'disk.full', data: { host: 'db1' } });
    await expect.poll(async () => (await user.delivery(id))?.state, PATIENT).toBe('delivered');
    await expect
      .poll(labels, PATIENT)
      .toEqual(expect.arrayContaining(['DeliverWebhook', 'Events', 'Ingest', 'Manage']));
    expect(denied).toEqual([]);
  });

  test('shows them as one graph, with the names of the sources, wherever they were made', async () => {
    const terminal = testTerminal(dir);
    // As they come from Lambda, where every bundle lies in the same place.
    for (const name of profiles()) {
      const file = join(objects, name);
      const text = readFileSync(file, 'utf8').replaceAll(
        /"file:[^"]*\/(\w+\.mjs)"/g,
        '"file:///var/task/$1"',
      );
      writeFileSync(file, text);
    }
    expect(await main(['open', objects, '--bundles', code, '--out', 'graphs'], terminal)).toBe(0);
    const [folder = ''] = readdirSync(join(dir, 'graphs'));
    const page = readFileSync(join(dir, 'graphs', folder, 'cpu.html'), 'utf8');
    expect(page).toContain('"DeliverWebhook","function"');
    expect(page).toMatch(/"\w+","lib\/(?:pipeline|stores|platform|core)\/[\w/-]+\.ts:\d+"/);
    expect(page).not.toContain('var/task');
    const said = terminal.said.join('\n');
    expect(said).toContain('Most by themselves, in functions:');
    expect(said).not.toContain('other code');
  });
});
