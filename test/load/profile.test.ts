import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../load/profile.ts';
import { contentionLines } from '../../load/profile/contention.ts';
import { flamePage } from '../../load/profile/flame.ts';
import { addCpuProfile, addHeapProfile, emptyFrame, topSelf } from '../../load/profile/frames.ts';
import { createSourceNames } from '../../load/profile/source-names.ts';
import { STACK_LABEL, watchThreads } from '../../load/profile/threads.ts';
import { createWaits } from '../../load/profile/waits.ts';
import { createStats } from '../../cdk/local/stats.ts';
import { testTerminal } from '../cdk/cli/test-terminal.ts';
import { deliveryPack } from '../../load/bench/given.ts';

let dir: string;
beforeAll(() => (dir = mkdtempSync(join(tmpdir(), 'fanfare-profile-test-'))));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const frame = (functionName: string, url = '', lineNumber = 0, columnNumber = 0) => ({
  functionName,
  scriptId: '1',
  url,
  lineNumber,
  columnNumber,
});
const asIs = ({ functionName }: { readonly functionName: string }) => ({
  name: functionName,
  source: 'a.ts:1',
});

describe('frames', () => {
  const profile = {
    nodes: [
      { id: 1, callFrame: frame('(root)'), children: [2, 5, 6] },
      { id: 2, callFrame: frame('handle'), children: [3, 4] },
      { id: 3, callFrame: frame('route') },
      { id: 4, callFrame: frame('route') },
      { id: 5, callFrame: frame('(idle)') },
      { id: 6, callFrame: frame('(garbage collector)') },
    ],
    samples: [2, 3, 4, 5, 6, 5],
    // Before the first sample nothing was seen; a thread without a processor does no work.
    timeDeltas: [4_000_000, 10, 20, 30, 1_000, 5],
    startTime: 0,
    endTime: 4_001_065,
  };

  test('have the time of their own and of all they called; waiting is none', () => {
    const root = emptyFrame('all');
    addCpuProfile(root, profile, asIs);
    expect(root.total).toBe(65);
    const [handle] = root.children.values();
    expect(handle).toMatchObject({ name: 'handle', self: 10, total: 60 });
    expect([...handle!.children.values()]).toMatchObject([{ name: 'route', self: 50, total: 50 }]);
    expect(topSelf(root, 2)).toEqual([
      { name: 'route', source: 'a.ts:1', self: 50 },
      { name: 'handle', source: 'a.ts:1', self: 10 },
    ]);
  });

  test('of several threads add up, and those of the heap count bytes', () => {
    const root = emptyFrame('all');
    addCpuProfile(root, profile, asIs);
    addCpuProfile(root, profile, asIs);
    expect([root.total, root.children.get('handle a.ts:1')?.total]).toEqual([130, 120]);
    const heap = emptyFrame('heap');
    const leaf = { callFrame: frame('parse'), selfSize: 64, id: 2, children: [] };
    const head = { callFrame: frame('(root)'), selfSize: 0, id: 1, children: [leaf] };
    addHeapProfile(heap, { head }, asIs);
    expect(topSelf(heap, 1)).toEqual([{ name: 'parse', source: 'a.ts:1', self: 64 }]);
  });
});

test('names of a minified bundle are read back through its source map', async () => {
  const source = join(dir, 'source.ts');
  writeFileSync(
    source,
    `function countThePrimes(limit: number): number {\n  let count = 0;\n` +
      `  for (let n = 2; n < limit; n++) if (isPrimeNumber(n)) count++;\n  return count;\n}\n` +
      `const isPrimeNumber = (n: number): boolean => {\n  for (let d = 2; d < n; d++) if (n % d === 0) return false;\n` +
      `  return true;\n};\nexport const handler = (): number => countThePrimes(globalThis.performance.now() > 0 ? 9_000 : 1);\n`,
  );
  const outfile = join(dir, 'bundle.mjs');
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    sourcemap: 'linked',
    sourcesContent: false,
  });
  expect(readFileSync(outfile, 'utf8')).not.toContain('countThePrimes');

  const found = await profiled(
    `await import(${JSON.stringify(pathToFileURL(outfile).href)}).then(({ handler }) => handler())`,
  );
  const root = emptyFrame('all');
  addCpuProfile(root, found.cpu!, createSourceNames(dir));
  const all = topSelf(root, 100).filter(({ source: at }) => at.startsWith('source.ts'));
  expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(['countThePrimes']));
  expect(all.every(({ source: at }) => /^source\.ts:\d+$/.test(at))).toBe(true);
}, 30_000);

/** What a thread finds out about itself while it does something, asked as the threads of functions are. */
async function profiled(code: string) {
  const threads = watchThreads();
  const inside = new URL('../../load/profile/inside.ts', import.meta.url);
  const worker = new Worker(
    `import { parentPort } from 'node:worker_threads';
     parentPort.on('message', async () => { ${code}; parentPort.postMessage('done'); });
     setInterval(() => {}, 1_000);`,
    {
      eval: true,
      execArgv: ['--input-type=module', '--import', inside.href],
      env: { AWS_ACCESS_KEY_ID: 'Worker' },
    },
  );
  try {
    const stop = await threads.start('cpu');
    const done = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    // Late enough for it to have been told to start.
    await new Promise((resolve) => setTimeout(resolve, 500));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for browsers
    worker.postMessage('go');
    await done;
    const found = await stop();
    expect(found.map(({ thread }) => thread.label)).toEqual([STACK_LABEL, 'Worker']);
    return found[1]!.findings;
  } finally {
    await worker.terminate();
    threads.close();
  }
}

test('a flame graph needs nothing but itself, and no name can leave its place', () => {
  const root = emptyFrame('all');
  root.total = 10;
  root.children.set('x', { ...emptyFrame('</script><b>', 'a.ts:1'), self: 10, total: 10 });
  root.children.set('y', { ...emptyFrame('unseen'), self: 0.001, total: 0.001 });
  const page = flamePage(root, { title: 'CPU <1>', unit: 'µs', about: '"x" & y' });
  expect(page.match(/<\/script>/g)).toHaveLength(2);
  expect(page).not.toContain('<b>');
  expect(page).not.toContain('unseen');
  expect(page).toContain('<title>CPU &lt;1></title>');
  expect(page.match(/https?:\/\/[^'"\s]+/g)).toEqual(['http://www.w3.org/2000/svg']);
  expect(page).toContain("default-src 'none'");
});

describe('contention', () => {
  const record = (body: string, sent: number, receives = 1) => ({
    body,
    attributes: { SentTimestamp: String(sent), ApproximateReceiveCount: String(receives) },
  });

  test('knows waits at the head of a queue from those that were asked for', () => {
    const waits = createWaits(() => 1_100);
    const pack = deliveryPack(1);
    const first = JSON.stringify(pack);
    const appointed = JSON.stringify({ ...pack, appointed: true });
    const Records = [record(first, 1_000), record(first, 1_098), record(appointed, 0), record(first, 0, 2)];
    waits.note('deliver', { Records } as never);
    expect(waits.all()).toMatchObject([
      { queue: 'deliver', messages: 2, p50: 2, p99: 100, max: 100, cameBack: 2 },
    ]);
  });

  test('says which conditions failed, and which rates denied', () => {
    const stats = createStats([]);
    Object.assign(stats.of('Deliver'), { calls: 3, conflicts: { limits: 2 }, refused: 1 });
    stats.addMetric('Deferred', 40);
    const text = contentionLines(stats.snapshot(), []).join('\n');
    for (const part of ['Deliver on limits: 2', 'Deliver: 1', 'appointment instead of a slot: 40'])
      expect(text).toContain(part);
  });
});

test('a profile of everything makes its own load, and leaves its files behind', async () => {
  expect(await main(['all', '--duration', '1'], testTerminal(dir))).toBe(0);
  const folder = join(dir, '.fanfare/profiles', readdirSync(join(dir, '.fanfare/profiles'))[0]!);
  const files = readdirSync(folder);
  expect(files).toEqual(expect.arrayContaining(['cpu.html', 'heap.html', 'summary.txt']));
  expect(files.some((name) => /^Events-\d+\.cpuprofile$/.test(name))).toBe(true);
  expect(files.some((name) => /^DeliverWebhook-\d+\.heapprofile$/.test(name))).toBe(true);
  // Own functions by their names and lines, out of minified bundles.
  const page = readFileSync(join(folder, 'cpu.html'), 'utf8');
  expect(page).toMatch(/"deliver","lib\/pipeline\/deliver\.ts:\d+"/);
  const text = readFileSync(join(folder, 'summary.txt'), 'utf8');
  for (const part of [
    /Most by themselves, in functions:/,
    /Events #\d+: at work \d+ %/,
    /delivered: [1-9]/,
    /messages, p50/,
  ])
    expect(text).toMatch(part);
  expect(existsSync(join(folder, 'index.mjs'))).toBe(false);
}, 120_000);

describe('profiles that were kept', () => {
  const CODE = 'export const handler = () => 1;\n';
  const kept = (more: object) => {
    const call = frame('handler', 'file:///var/task/index.mjs');
    const nodes = [
      { id: 1, callFrame: frame('(root)'), children: [2] },
      { id: 2, callFrame: call },
    ];
    return JSON.stringify({ nodes, samples: [2, 2], timeDeltas: [0, 500], ...more });
  };
  /** What `open` says of these files. */
  const opened = async (files: Readonly<Record<string, string>>) => {
    const cwd = mkdtempSync(join(dir, 'kept-'));
    mkdirSync(join(cwd, 'dist/timers'), { recursive: true });
    writeFileSync(join(cwd, 'dist/timers/index.mjs'), CODE);
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(cwd, 'files', name)), { recursive: true });
      writeFileSync(join(cwd, 'files', name), text);
    }
    const terminal = testTerminal(cwd);
    const code = await main(['open', 'files'], terminal);
    return { code, said: terminal.said.join('\n'), complained: terminal.complained.join('\n') };
  };
  const fanfare = (code: string) => ({ fanfare: { label: 'Timers', bundle: 'timers', code } });

  test('are told together, each by the name of its function', async () => {
    const files = {
      'a/b/1.cpuprofile': kept(fanfare('x')),
      'Events-7.cpuprofile': kept({}),
      'notes.txt': '',
    };
    const { code, said } = await opened(files);
    expect(code).toBe(0);
    expect(said).toContain('2 profiles of');
    expect(said).toContain('Timers 0.5 ms');
    expect(said).toContain('Events 0.5 ms');
  });

  test('of other code than what lies here say so', async () => {
    const id = createHash('sha256').update(CODE).digest('hex').slice(0, 16);
    const same = await opened({ '1.cpuprofile': kept(fanfare(id)) });
    expect(same.said).not.toContain('other code');
    const other = await opened({ '1.cpuprofile': kept(fanfare('x')), '2.cpuprofile': kept(fanfare('y')) });
    expect(other.said.split('Made by other code than')).toHaveLength(2);
  });

  test.each([
    ['there are none', {}, 'files'],
    ['one is none', { 'a.cpuprofile': '{"nodes":[]}' }, 'is no CPU profile'],
    ['one is no JSON', { 'a.cpuprofile': '<' }, 'is no CPU profile'],
  ])('cannot be opened when %s', async (_, files, message) => {
    const { code, complained } = await opened(files);
    expect(code).toBe(1);
    expect(complained).toContain(message);
  });
});

test('wrong words are answered with what there is', async () => {
  for (const [args, answer] of [
    [[], 'contention'],
    [['cpus'], 'TYPE is one of cpu, heap, loop, handles, contention, all, not cpus'],
    [['open'], 'open takes one PATH'],
    [['open', 'a', 'b'], 'open takes one PATH'],
    [['cpu', 'nothing'], 'SCENARIO is one of batch'],
    [['cpu', '--duration', '0'], '--duration'],
    [['cpu', '--bogus'], '--bogus'],
  ] as const) {
    const terminal = testTerminal(dir);
    expect(await main(args, terminal)).toBe(2);
    expect(terminal.complained[0]).toContain(answer);
  }
});
