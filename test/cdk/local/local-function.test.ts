import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalFunction, createLocalFunction } from '../../../cdk/local/local-function.ts';
import { createStats } from '../../../cdk/local/stats.ts';

/** Runs until a file is there. */
const STUB = `
import { existsSync } from 'node:fs';
export const handler = async ({ until }) => {
  while (until && !existsSync(until)) await new Promise((resolve) => setTimeout(resolve, 5));
  return 'done';
};`;

let folder: string;
let target: LocalFunction;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfare-function-'));
  const file = join(folder, 'index.mjs');
  writeFileSync(file, STUB);
  const spec = { label: 'Stub', name: 'Stub', file, handler: 'handler', env: {}, timeoutMs: 30_000 };
  target = createLocalFunction({
    spec: { ...spec, memoryMb: 128, statements: [] },
    env: {},
    isolate: false,
    cap: 1,
    stats: createStats([]),
    onLine: () => {},
    onFailure: () => {},
  });
});
afterAll(async () => {
  await target.stop();
  rmSync(folder, { recursive: true });
});

test('who has waited long enough is refused, who waits on is served, and no turn is lost with the first', async () => {
  const until = join(folder, 'go');
  const first = target.invoke({ until });
  const patient = target.invoke({});
  const refused = await Promise.all([target.invoke({}, 0), target.invoke({}, 20)]);
  expect(refused).toEqual([{ kind: 'throttled' }, { kind: 'throttled' }]);

  writeFileSync(until, '');
  const done = { kind: 'returned', value: 'done' };
  expect(await Promise.all([first, patient])).toEqual([done, done]);
  expect(await target.invoke({}, 60_000)).toEqual(done);
});
