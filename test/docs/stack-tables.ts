import { ALARMS, anchor } from '../../cdk/alarms.ts';
import { idleBill } from '../cdk/idle-bill.ts';
import { synthesise } from '../cdk/synthesise.ts';
import { code, table } from './table.ts';

/** What a stack has and costs, from its template. */
export function stackTables(): Record<string, string> {
  return { alarms: alarms(), 'idle bill': bill() };
}

function alarms(): string {
  return table(
    ['alarm', 'says', 'only with `full`'],
    Object.entries(ALARMS).map(([kind, { heading, level }]) => [
      code(kind),
      `[${heading}](runbook.md#${anchor(heading)})`,
      level === 'full' ? 'yes' : '',
    ]),
  );
}

function bill(): string {
  const billOf = (observability: 'lean' | 'full') => idleBill(synthesise({ observability }));
  const [lean, full] = [billOf('lean'), billOf('full')];
  const kinds = Object.keys({ ...lean.by, ...full.by }).toSorted();
  const dollars = (amount = 0): string => `$${amount.toFixed(2)}`;
  return table(
    ['a month without events', '`lean`', '`full`'],
    [
      ...kinds.map((kind) => [code(kind), dollars(lean.by[kind]), dollars(full.by[kind])]),
      ['together', dollars(lean.total), dollars(full.total)],
    ],
  );
}
