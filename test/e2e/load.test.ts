import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send } from '../../cdk/cli/send.ts';
import { type LocalStack, startLocalStack } from '../../cdk/local/local-stack.ts';
import type { FunctionStats } from '../../cdk/local/stats.ts';
import { testTerminal } from '../cdk/cli/test-terminal.ts';
import { FIXTURES, TEST, driver } from './rig.ts';

const EVENTS = 1_000;
const DELIVERIES = 3 * EVENTS;

describe('a thousand events, posted by the hundred, to three webhooks without a rate', TEST, () => {
  const cwd = mkdtempSync(join(tmpdir(), 'fanfare-load-'));
  const terminal = testTerminal(cwd);
  let stack: LocalStack;
  let code: number;
  beforeAll(async () => {
    stack = await startLocalStack({
      reuse: true,
      dir: join(cwd, '.fanfare'),
      memory: true,
      catalog: join(FIXTURES, 'catalog.load.yaml'),
    });
    code = await send(['--count', String(EVENTS), '--report'], terminal);
  }, TEST.timeout);
  afterAll(async () => {
    await stack.close();
    rmSync(cwd, { recursive: true });
  });

  test('arrive exactly once each', async () => {
    expect(code).toBe(0);
    expect(terminal.said.slice(0, 5).map((line) => line.split(/\s{2,}/))).toEqual([
      ['events', String(EVENTS)],
      ['deliveries', `${DELIVERIES} of ${DELIVERIES}`],
      ['duplicates', '0'],
      ['ended otherwise', '0'],
      ['missing', '0'],
    ]);
    const inbox = await driver(stack).inbox();
    const pairs = inbox.map(({ destination, body }) => `${(body as { id: string }).id}:${destination}`);
    expect([inbox.length, new Set(pairs).size]).toEqual([DELIVERIES, DELIVERIES]);
  });

  test('cost few AWS calls and write units', async () => {
    const { functions } = await driver(stack).stats();
    const per = (count: keyof FunctionStats & ('calls' | 'writeUnits'), name = '') =>
      Object.entries(functions)
        .filter(([label]) => label.startsWith(name))
        .reduce((sum, [, stats]) => sum + stats[count], 0) / DELIVERIES;

    expect(per('calls', 'Deliver')).toBeLessThanOrEqual(0.35);
    expect(per('writeUnits', 'Deliver')).toBeLessThanOrEqual(1.3);
    expect(per('writeUnits')).toBeLessThanOrEqual(1.65);
    // A delivery costs its claim at least: a meter that counts nothing must not look like a bargain.
    expect(per('writeUnits', 'Deliver')).toBeGreaterThanOrEqual(1);
  });

  test('are told in a report with the same numbers', async () => {
    const row = terminal.said.find((line) => line.startsWith('deliver functions'))?.split(/\s{2,}/);
    const { functions } = await driver(stack).stats();
    const calls = Object.entries(functions)
      .filter(([label]) => label.startsWith('Deliver'))
      .reduce((sum, [, stats]) => sum + stats.calls, 0);

    expect(Number(row?.[2])).toBeGreaterThan(0);
    expect(Number(row?.[2])).toBeLessThanOrEqual(calls);
  });
});
