import { createRouter } from '../naive/router.ts';
import { fanfareHandlers, stubbedHttp } from './fanfare.ts';
import { type Side, interleave } from './interleave.ts';
import { routerRules } from './router-rules.ts';
import { type Measured, type Options, ratioRow, turns } from './rows.ts';
import { createStillClock } from './still-clock.ts';
import { type Calls, stub } from './stub.ts';
import { CONTEXT, DESTINATIONS, eventPacks, naiveEvents } from './work.ts';
import { openWorld } from './world.ts';

const MESSAGES = 10;
const PER_PACK = 10;

/** What a delivery costs each stack's router: a hundred rules, of which three want each event. */
export async function routerCpu(options: Options): Promise<Measured> {
  const world = await openWorld(options.receiver);
  try {
    stub(world.fanfare.client);
    const packed = stub(world.fanfare.sqs);
    const sent = stub(world.naive.sqs);
    const clock = createStillClock();
    const { fanOut } = fanfareHandlers(world.fanfare, { http: stubbedHttp, localHosts: [], clock });
    const route = createRouter({
      sqs: world.naive.sqs,
      queue: 'https://sqs.us-east-1.amazonaws.com/000000000000/queue',
      rules: routerRules().map(({ engine }) => engine),
      destinations: new Map(DESTINATIONS.map((id) => [id, `${options.receiver}/${id}`])),
    });

    const fanfare: Side = {
      async run() {
        clock.catchUp();
        const { batchItemFailures } = await fanOut(eventPacks(MESSAGES, PER_PACK), CONTEXT);
        return done(MESSAGES * PER_PACK, batchItemFailures.length, packed, {
          'AmazonSQS.SendMessageBatch': 2,
        });
      },
      times: 4,
    };
    const naive: Side = {
      async run() {
        const { batchItemFailures } = await route(naiveEvents(MESSAGES), CONTEXT);
        return done(MESSAGES, batchItemFailures.length, sent, { 'AmazonSQS.SendMessage': 30 });
      },
      times: 2,
    };
    const samples = await interleave({ fanfareUs: fanfare, naiveUs: naive }, turns(options));
    return { rows: [ratioRow('router.cpu.vsNaive', ['naiveUs', 'fanfareUs'], samples)], checks: [] };
  } finally {
    await world.close();
  }
}

/** Throws when a destination was left out, which the number of calls would show. Answers how many deliveries there were. */
function done(events: number, failures: number, calls: Calls, expected: Readonly<Calls>): number {
  const wrong = Object.entries(expected).find(([operation, count]) => calls[operation] !== count);
  for (const operation of Object.keys(calls)) delete calls[operation];
  if (failures > 0 || wrong) throw new Error(`${failures} messages came back, or not all deliveries went on`);
  return events * DESTINATIONS.length;
}
