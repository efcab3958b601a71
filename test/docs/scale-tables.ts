import { type Demand, capacityFor } from '../../load/scale/capacity.ts';
import { outcomes } from '../../load/scale/bursts.ts';
import { countedUse } from '../../load/scale/counted.ts';
import { needsOf } from '../../load/scale/sizing.ts';
import { drainTable } from '../../load/scale.ts';
import { table } from './table.ts';

const RATES = [1_000, 100_000, 1_000_000] as const;
const DEMAND: Omit<Demand, 'rate'> = { latencyMs: 200, fanOut: 3, profile: 'batch', waitSeconds: 60 };

/** What rates take, and what becomes of a burst, as `npm run size` and `npm run scale` say. */
export function scaleTables(): Record<string, string> {
  return { capacity: capacity(), drain: drain() };
}

function capacity(): string {
  const used = countedUse(DEMAND.profile);
  const needs = RATES.map((rate) => needsOf({ ...DEMAND, rate }, capacityFor({ ...DEMAND, rate }, used)));
  return table(
    ['', ...RATES.map((rate) => `${rate.toLocaleString('en-US')}/s`), 'bound'],
    needs[0]!.map(({ what, bound }, row) => {
      const values = needs.map((column) => column[row]!);
      return [what].concat(
        values.map(({ value, todo }) => (todo === '' ? value : `**${value}**`)),
        bound,
      );
    }),
  );
}

function drain(): string {
  return table(['mode', 'drained in', 'oldest waited', 'runs at a time'], drainTable(outcomes()));
}
