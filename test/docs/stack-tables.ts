import { ALARMS, anchor } from '../../cdk/alarms.ts';
import { idleBill } from '../cdk/idle-bill.ts';
import { all } from '../cdk/rules.ts';
import { synthesise } from '../cdk/synthesise.ts';
import { code, table } from './table.ts';

/** What a stack has and costs, from its template. */
export function stackTables(): Record<string, string> {
  return { alarms: alarms(), 'idle bill': bill(), scale: scale(), tables: tables() };
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

/** How much each queue's reader takes at once, and what may come in. */
function scale(): string {
  const template = synthesise();
  const mappings = all(template, 'AWS::Lambda::EventSourceMapping').map(({ id, Properties }) => ({
    reader: /^Fanfare(\w+?)Mapping/.exec(id)?.[1] ?? id,
    runs: Number(Properties.ScalingConfig.MaximumConcurrency),
    messages: Number(Properties.BatchSize),
  }));
  const own = mappings.filter(({ reader }) => !reader.endsWith('DeadLetters'));
  const letters = mappings.filter(({ reader }) => reader.endsWith('DeadLetters'));
  const sum = (of: typeof mappings): number => of.reduce((total, { runs }) => total + runs, 0);
  const [stage] = all(template, 'AWS::ApiGatewayV2::Stage');
  const { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst } =
    stage?.Properties.DefaultRouteSettings ?? {};
  return `${table(
    ['queue', 'runs at a time', 'messages at a time'],
    [
      ...own.map(({ reader, runs, messages }) => [code(reader), String(runs), String(runs * messages)]),
      [`${letters.length} dead-letter queues`, `${letters[0]?.runs} each`, ''],
      ['together', String(sum(mappings)), ''],
    ],
  )}\n\nThe API takes ${rate} requests a second and ${burst} at once.`;
}

function tables(): string {
  const yes = (value: unknown): string => (value ? 'yes' : 'no');
  return table(
    ['table', 'point-in-time recovery', 'when the stack goes', 'deletion protection', 'items expire'],
    all(synthesise(), 'AWS::DynamoDB::GlobalTable').map(({ id, DeletionPolicy, Properties }) => {
      const [replica] = Properties.Replicas;
      return [
        code(/^FanfareState([A-Z][a-z]+)/.exec(id)?.[1] ?? id),
        yes(replica.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled),
        DeletionPolicy === 'Retain' ? 'it stays' : 'it is deleted',
        yes(replica.DeletionProtectionEnabled),
        Properties.TimeToLiveSpecification ? code(Properties.TimeToLiveSpecification.AttributeName) : 'no',
      ];
    }),
  );
}
