import { Metrics } from '@aws-lambda-powertools/metrics';
import { createTelemetry } from '../../lib/platform/telemetry.ts';
import type { Telemetry } from '../../lib/core/metrics.ts';
import { countDelivery } from '../naive/count.ts';
import { fanfareHandlers, stubbedHttp } from './fanfare.ts';
import { interleave } from './interleave.ts';
import { printedBy } from './printed.ts';
import { type Measured, type Options, ratioRow, turns } from './rows.ts';
import { createStillClock } from './still-clock.ts';
import { stub } from './stub.ts';
import { CONTEXT, deliveryPacks } from './work.ts';
import { openWorld } from './world.ts';

const DELIVERIES = 100;

type Add = Parameters<Telemetry['add']>;

/** The metrics of a hundred deliveries: a blob for the batch, with what a real batch adds, or a blob for each. */
export async function emf(options: Options): Promise<Measured> {
  const adds = await addsOfBatch(options.receiver);
  const telemetry = createTelemetry();
  const metrics = new Metrics({ namespace: 'Naive', serviceName: 'sender' });
  const fanfare = (): number => {
    telemetry.begin('one');
    for (const add of adds) telemetry.add(...add);
    telemetry.flush();
    return DELIVERIES;
  };
  const naive = (): number => {
    for (let n = 0; n < DELIVERIES; n++) countDelivery(metrics, 'Delivered', 17);
    return DELIVERIES;
  };

  const ours = (await printedBy(fanfare)) / DELIVERIES;
  const theirs = (await printedBy(naive)) / DELIVERIES;
  const samples = await interleave(
    { fanfareUs: { run: fanfare, times: 400 }, naiveUs: { run: naive, times: 15 } },
    turns(options),
  );
  const sizes = { naiveBytes: [theirs], fanfareBytes: [ours] };
  return {
    rows: [
      ratioRow('emf.bytesPerDelivery.vsNaive', ['naiveBytes', 'fanfareBytes'], sizes),
      ratioRow('emf.cpu.vsNaive', ['naiveUs', 'fanfareUs'], samples),
    ],
    checks: [],
  };
}

/** What the deployed code adds in a batch of ten packs. */
async function addsOfBatch(receiver: string): Promise<readonly Add[]> {
  const world = await openWorld(receiver);
  try {
    stub(world.fanfare.client);
    const adds: Add[] = [];
    const inner = createTelemetry();
    const telemetry = { ...inner, add: (...add: Add) => void adds.push(add) };
    const localHosts = [new URL(receiver).host];
    const outside = { http: stubbedHttp, localHosts, clock: createStillClock(), telemetry };
    await fanfareHandlers(world.fanfare, outside).deliver(deliveryPacks(10, DELIVERIES / 10), CONTEXT);
    return adds;
  } finally {
    await world.close();
  }
}
