import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { send } from '../../cdk/cli/send.ts';
import { processTerminal } from '../../cdk/cli/terminal.ts';
import { BUNDLES } from '../../cdk/functions.ts';
import { type LocalStack, startLocalStack } from '../../cdk/local/local-stack.ts';
import type { FunctionStats, StatsSnapshot } from '../../cdk/local/stats.ts';
import { idleBill } from '../../test/cdk/idle-bill.ts';
import { synthesise } from '../../test/cdk/synthesise.ts';
import { naiveDollars } from './naive-cost.ts';
import { PRICES } from '../../lib/core/prices.ts';
import type { Measured, Options, Row } from './rows.ts';

const CATALOG = join(import.meta.dirname, '../../test/fixtures/catalog.load.yaml');
const BULK = `
topics:
  - id: bulk
    topics: [fanfare.bulk]
    claims: 'off'
`;
const PER_EVENT = 3;

/** How events are posted; each goes to three webhooks. */
const RUNS = {
  single: { events: 300, batch: 1, topic: 'fanfare.send' },
  batch: { events: 1_000, batch: 10, topic: 'fanfare.send' },
  packed: { events: 1_000, batch: 100, topic: 'fanfare.send' },
  bulk: { events: 1_000, batch: 100, topic: 'fanfare.bulk' },
} as const;

type RunName = keyof typeof RUNS;

/** What the whole stack asks of AWS for a delivery, and what that costs: counted in runs of the local stack. */
export async function stack({ progress }: Options): Promise<Measured> {
  const cwd = mkdtempSync(join(tmpdir(), 'fanfare-headline-'));
  const catalog = join(cwd, 'catalog.yaml');
  writeFileSync(catalog, `${readFileSync(CATALOG, 'utf8')}${BULK}`);
  const local = await startLocalStack({ dir: join(cwd, '.fanfare'), memory: true, catalog });
  try {
    const counted = new Map<RunName, Counts>();
    for (const [name, run] of Object.entries(RUNS) as [RunName, (typeof RUNS)[RunName]][]) {
      progress(`${name}: ${run.events} events`);
      counted.set(name, await countOf(run, local, cwd));
    }
    const of = (name: RunName): Counts => counted.get(name)!;
    return {
      rows: [
        row('aws.deliverCallsPerDelivery', of('batch').deliverCalls),
        row('aws.deliverWriteUnits', of('batch').deliverUnits),
        row('aws.writeUnits.batch10', of('batch').units),
        row('aws.writeUnits.single', of('single').units),
        row('aws.writeUnits.packed', of('packed').units),
        costRow('cost.single.perMillion', of('single')),
        costRow('cost.batch.perMillion', of('batch')),
        costRow('cost.bulk.perMillion', of('bulk')),
        costRow('cost.naiveSingle.perMillion', { dollars: await naiveDollars() }),
        {
          ...row('cost.idle.perMonth', idleBill(synthesise()).total),
          note: 'from the template, observability lean',
        },
      ],
      checks: [],
    };
  } finally {
    await local.close();
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** Of one delivery. */
interface Counts {
  readonly deliverCalls: number;
  readonly deliverUnits: number;
  readonly units: number;
  /** Dollars by what they are paid for. */
  readonly dollars: Readonly<Record<string, number>>;
}

async function countOf(
  { events, batch, topic }: (typeof RUNS)[RunName],
  local: LocalStack,
  cwd: string,
): Promise<Counts> {
  const terminal = { ...processTerminal(), cwd, progress: () => undefined };
  const before = await sentBytes(local);
  const args = ['--count', String(events), '--batch', String(batch), '--topic', topic];
  if ((await send(args, terminal)) !== 0) throw new Error('not everything arrived');
  const snapshot = (await (await fetch(local.statsUrl)).json()) as StatsSnapshot;
  const functions = Object.entries(snapshot.functions);
  const deliveries = events * PER_EVENT;
  const sum = (of: (stats: FunctionStats, label: string) => number, prefix = ''): number =>
    functions
      .filter(([label]) => label.startsWith(prefix))
      .reduce((total, [label, stats]) => total + of(stats, label), 0) / deliveries;
  return {
    deliverCalls: sum(({ calls }) => calls, 'Deliver'),
    deliverUnits: sum(({ writeUnits }) => writeUnits, 'Deliver'),
    units: sum(({ writeUnits }) => writeUnits),
    dollars: {
      http: (events / batch / deliveries) * PRICES.httpRequest,
      invocations: sum(({ invocations }) => invocations) * PRICES.invocation,
      compute: sum(({ billedMs }, label) => (billedMs / 1_000) * gbOf(label)) * PRICES.gbSecond,
      queues: sum(({ sqsRequests, mappingRequests }) => sqsRequests + mappingRequests) * PRICES.sqsRequest,
      writes: sum(({ writeUnits }) => writeUnits) * PRICES.writeUnit,
      reads: sum(({ readUnits }) => readUnits) * PRICES.readUnit,
      logs: sum(({ logBytes }) => logBytes) * PRICES.logByte,
      egress: (((await sentBytes(local)) - before) / deliveries) * PRICES.egressByte,
    },
  };
}

/** Memory of a function; those of channels are all of the bundle `deliver`. */
function gbOf(label: string): number {
  const names = Object.keys(BUNDLES) as (keyof typeof BUNDLES)[];
  const name = names.find((one) => one.replaceAll('-', '') === label.toLowerCase()) ?? 'deliver';
  return BUNDLES[name].memoryMb / 1_024;
}

/** Headers and bodies that the twin has received. */
async function sentBytes({ twinUrl }: LocalStack): Promise<number> {
  const inbox = (await (await fetch(`${twinUrl}/inbox.json`)).json()) as readonly {
    readonly raw: string;
    readonly headers: object;
  }[];
  return inbox.reduce((sum, { raw, headers }) => sum + raw.length + JSON.stringify(headers).length, 0);
}

function row(name: string, value: number): Row {
  return { name, value, samples: { value: [value] } };
}

function costRow(name: string, { dollars }: Pick<Counts, 'dollars'>): Row {
  const perMillion = Object.fromEntries(Object.entries(dollars).map(([part, one]) => [part, one * 1e6]));
  const value = Object.values(perMillion).reduce((sum, one) => sum + one, 0);
  const parts = Object.entries(perMillion).map(([part, one]) => `${part} ${one.toFixed(3)}`);
  return {
    name,
    value,
    samples: Object.fromEntries(Object.entries(perMillion).map(([part, one]) => [part, [one]])),
    note: parts.join(', '),
  };
}
