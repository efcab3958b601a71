import { columns, money } from '../cost/columns.ts';
import type { Capacity, Demand } from './capacity.ts';
import { NEW_TABLE_WRITES, QUOTAS, onDemand, provisioned, secondsUntil } from './quotas.ts';

/** A line of the answer: what it takes, and what has to be done where that is beyond what there is. */
export interface Need {
  readonly what: string;
  readonly value: string;
  readonly bound: string;
  /** What to raise or to change; nothing where it fits. */
  readonly todo: string;
}

/** Everything a demand needs, beside the bounds of AWS. */
export function needsOf(demand: Demand, capacity: Capacity): Need[] {
  const { runs } = capacity;
  const all = runs.ingest + runs.fanOut + runs.deliver;
  const most = Math.max(runs.fanOut, runs.deliver);
  return [
    need('deliveries a second', demand.rate),
    need('events a second', capacity.events),
    need(
      'posts a second',
      capacity.requests,
      QUOTAS.requests.value,
      'raise the throttle of the account, or post more events at once',
    ),
    need('runs at a time: ingest', runs.ingest),
    need('runs at a time: fan-out', runs.fanOut, QUOTAS.mapping.value, queuesFor(runs.fanOut)),
    need('runs at a time: deliver', runs.deliver, QUOTAS.mapping.value, queuesFor(runs.deliver)),
    need('runs at a time: all', all, QUOTAS.concurrency.value, 'raise the concurrency of the account'),
    { what: 'until they all run', value: started(most), bound: '', todo: '' },
    need(
      'messages in flight',
      capacity.inFlight,
      QUOTAS.inFlight.value,
      queuesFor(capacity.inFlight, QUOTAS.inFlight.value),
    ),
    need('write units a second', capacity.writes, QUOTAS.tableWrites.value, 'raise the quota of the table'),
    need('on the first day', capacity.writes, NEW_TABLE_WRITES, 'warm the tables up before'),
    need('partitions of the ledger', capacity.partitions),
    need(
      'packs a second of one topic',
      capacity.packRecords,
      QUOTAS.keyWrites.value,
      `spread them over ${ceil(capacity.packRecords / QUOTAS.keyWrites.value)} topics or tenants`,
    ),
    need('scopes (bots, accounts, hosts)', capacity.scopes, 1, `spread them over ${ceil(capacity.scopes)}`),
    { what: 'deliveries that may wait', value: count(capacity.backlog), bound: '', todo: '' },
    { what: 'ring at an age of', value: `${count(capacity.alarmSeconds)} s`, bound: '', todo: '' },
    {
      what: 'buffer of a queue',
      value: real(capacity.bufferOf(queuesOf(runs.deliver))),
      bound: '',
      todo: '',
    },
    { what: 'dollars a million', value: money(capacity.dollarsPerMillion), bound: '', todo: '' },
    { what: 'dollars a month', value: money(capacity.dollarsPerMonth), bound: '', todo: '' },
  ];
}

/** The answer as lines of text. */
export function sizingLines(demand: Demand, capacity: Capacity): string[] {
  const rows = needsOf(demand, capacity).map(({ what, value, bound, todo }) => [
    what,
    value,
    bound,
    todo && ` ${todo}`,
  ]);
  const widest = columns([['', '', 'bound'], ...rows.map((row) => row.slice(0, 3))]);
  return widest.map((line, at) =>
    at === 0 ? line : `${line.padEnd(widest[0]!.length)} ${rows[at - 1]![3]}`.trimEnd(),
  );
}

function need(what: string, value: number, bound?: number, todo = ''): Need {
  return {
    what,
    value: real(value),
    bound: bound === undefined ? '' : count(bound),
    todo: bound !== undefined && value > bound ? todo : '',
  };
}

/** Queues that it takes, with MaximumConcurrency on each. */
function queuesOf(runs: number, each: number = QUOTAS.mapping.value): number {
  return Math.max(1, Math.ceil(runs / each));
}

function queuesFor(runs: number, each?: number): string {
  const queues = queuesOf(runs, each);
  return runs <= QUOTAS.provisioned.value && each === undefined
    ? `${queues} queues, or provisioned pollers`
    : `${queues} queues`;
}

function started(runs: number): string {
  const each = runs / queuesOf(runs);
  const [slow, fast] = [
    secondsUntil(each, onDemand()),
    secondsUntil(runs / queuesOf(runs, QUOTAS.provisioned.value), provisioned()),
  ];
  return `${seconds(slow)}, provisioned ${seconds(fast)}`;
}

function seconds(value: number | undefined): string {
  return value === undefined ? 'never' : `${count(value)} s`;
}

function ceil(value: number): string {
  return Math.ceil(value).toLocaleString('en-US');
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Small numbers keep their digits: a formula in whole numbers computes 0 where a little is needed. */
function real(value: number): string {
  return value >= 100 ? count(value) : String(Number(value.toPrecision(3)));
}
