import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { fetchJson } from '../../cdk/cli/fetch-json.ts';
import type { StatsSnapshot } from '../../cdk/local/stats.ts';
import { HOPS } from '../../load/cost/count.ts';
import { PROFILES, runFanfare } from '../../load/cost/run.ts';
import { PART_NAMES, added, dollarsOf, totalOf, usage } from '../../load/cost/usage.ts';
import { openWorld } from '../../load/cost/world.ts';

const FEW = { ...PROFILES.batch, events: 100 };

test('what functions say they spent is what the stack counted', { timeout: 120_000 }, async () => {
  const world = await openWorld({ observability: 'full', codeRoot: resolve('dist') });
  try {
    const { hops } = await runFanfare(FEW, world);
    const { metrics } = await fetchJson<StatsSnapshot>(world.local.statsUrl);
    const used = added(HOPS.map((hop) => hops[hop]));
    // Nobody tells a function of what went out and of what it wrote to its log.
    const known = PART_NAMES.filter((part) => part !== 'egress' && part !== 'logs');
    const counted = usage(Object.fromEntries(known.map((part) => [part, used[part]])));
    const spent = (metrics['SpentMicroDollars'] ?? 0) / 1e6;
    // Its time is measured from within, its mapping may have deleted nothing, and an index may cost a unit unseen.
    expect(spent / totalOf(dollarsOf(counted))).toBeGreaterThan(0.8);
    expect(spent / totalOf(dollarsOf(counted))).toBeLessThan(1.25);
  } finally {
    await world.close();
  }
});
