import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEnvironment } from '../../../cdk/local/environment.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfare-environment-'));
  writeFileSync(
    join(folder, 'index.mjs'),
    `import { getHeapStatistics } from 'node:v8';
     export const handler = () => getHeapStatistics().heap_size_limit / 1048576;`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

async function heapLimitMb(isolate: boolean, memoryMb: number): Promise<number> {
  const file = join(folder, 'index.mjs');
  const spec = { label: 'Stub', name: 'Stub', file, handler: 'handler', env: {}, timeoutMs: 10_000 };
  const environment = startEnvironment({
    spec: { ...spec, memoryMb, statements: [] },
    env: {},
    isolate,
    onLine: () => {},
  });
  try {
    const result = await environment.invoke({});
    return result.kind === 'returned' ? Number(result.value) : Number.NaN;
  } finally {
    await environment.stop();
  }
}

test.each([
  ['thread', false],
  ['process', true],
])('a function in a %s has the memory of its function, not of the machine', async (_, isolate) => {
  const small = await heapLimitMb(isolate, 256);
  expect(small).toBeGreaterThan(200);
  expect(small).toBeLessThan(330);
  expect(await heapLimitMb(isolate, 512)).toBeGreaterThan(small + 200);
});
