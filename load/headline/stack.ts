import { type Count, dollarsPerMillion, perDelivery, perMillion } from '../cost/count.ts';
import { fixedOf } from '../cost/month.ts';
import { PROFILES, type Profile, runFanfare, runNaive } from '../cost/run.ts';
import { BULK_TOPIC, openWorld } from '../cost/world.ts';
import { synthesise } from '../../test/cdk/synthesise.ts';
import { median } from './interleave.ts';
import { type Measured, type Options, type Row, ratioRow } from './rows.ts';

const BULK: Profile = { ...PROFILES.burst, topic: BULK_TOPIC };
/** How often the two stacks take turns with single events. */
const PAIRS = 3;

/** What both stacks ask of AWS for a delivery, and what that costs: counted in runs of the local stack. */
export async function stack({ progress }: Options): Promise<Measured> {
  const world = await openWorld();
  try {
    const singles: Count[] = [];
    const naive: Count[] = [];
    for (let pair = 1; pair <= PAIRS; pair++) {
      progress(`single events, turn ${pair} of ${PAIRS}`);
      singles.push(await runFanfare(PROFILES.single, world));
      naive.push(await runNaive(PROFILES.single, world));
    }
    progress('batches, packs, bulk');
    const batch = await runFanfare(PROFILES.batch, world);
    const packed = await runFanfare(PROFILES.burst, world);
    const bulk = await runFanfare(BULK, world);
    return {
      rows: [
        row('aws.deliverCallsPerDelivery', batch.deliverCalls / batch.deliveries),
        row('aws.deliverWriteUnits', batch.hops.deliver.writes / batch.deliveries),
        row('aws.writeUnits.batch10', perDelivery(batch).writes),
        medianRow('aws.writeUnits.single', singles, (count) => perDelivery(count).writes),
        row('aws.writeUnits.packed', perDelivery(packed).writes),
        costRow('cost.single.perMillion', singles),
        costRow('cost.batch.perMillion', [batch]),
        costRow('cost.bulk.perMillion', [bulk]),
        ratioRow('cost.single.vsNaive', ['naive', 'fanfare'], {
          naive: naive.map((one) => dollarsPerMillion(one)),
          fanfare: singles.map((one) => dollarsPerMillion(one)),
        }),
        costRow('cost.naiveSingle.perMillion', naive),
        {
          ...row('cost.idle.perMonth', fixedOf(synthesise()).idle),
          note: 'from the template, observability lean',
        },
      ],
      checks: [],
    };
  } finally {
    await world.close();
  }
}

function row(name: string, value: number): Row {
  return { name, value, samples: { value: [value] } };
}

function medianRow(name: string, counts: readonly Count[], of: (count: Count) => number): Row {
  const value = counts.map((count) => of(count));
  return { name, value: median(value), samples: { value } };
}

/** The median of the runs; its parts are told of each. */
function costRow(name: string, counts: readonly Count[]): Row {
  const dollars = counts.map((count) => perMillion(count));
  const parts = Object.keys(dollars[0]!) as (keyof (typeof dollars)[number])[];
  const samples = Object.fromEntries(parts.map((part) => [part, dollars.map((one) => one[part])]));
  return {
    ...medianRow(name, counts, dollarsPerMillion),
    samples,
    note: parts.map((part) => `${part} ${median(samples[part]!).toFixed(3)}`).join(', '),
  };
}
