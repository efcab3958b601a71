import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createHttp } from '../../lib/platform/http.ts';
import { createSender } from '../naive/sender.ts';
import { NAIVE_TABLES } from '../naive/tables.ts';
import { parsing } from './alerts.ts';
import { type Outside, fanfareHandlers, stubbedHttp } from './fanfare.ts';
import { type Side, interleave } from './interleave.ts';
import { type Measured, type Options, againstParse, ratioRow, turns } from './rows.ts';
import { createStillClock } from './still-clock.ts';
import { stub } from './stub.ts';
import { CONTEXT, PER_SECOND, deliveryPacks, naiveDeliveries } from './work.ts';
import { type World, openWorld } from './world.ts';

const MESSAGES = 10;
const PER_PACK = 10;

/** Answers at once: no request leaves the process. */
const stubbedFetch: typeof fetch = async () =>
  ({ ok: true, status: 200, text: async () => '' }) as Partial<Response> as Response;

/** Where the naive stack stands: its sender beside the parser of the platform. */
export async function naiveAlone(options: Options): Promise<Measured> {
  return await inWorld(options, async (world) => {
    const { naiveUs, postingUs, parseUs } = await interleave(
      {
        naiveUs: naiveSide(world, stubbedFetch, options.receiver),
        postingUs: naiveSide(world, fetch, options.receiver),
        parseUs: parsing(200),
      },
      turns(options),
    );
    return {
      rows: [],
      checks: [
        againstParse('naive.deliver.vsJsonParse', 902, { naiveUs, parseUs }),
        againstParse('naive.deliver.withPost.vsJsonParse', 1_360, { naiveUs: postingUs, parseUs }),
      ],
    };
  });
}

/** What a delivery costs each stack's sender, calls to AWS and posts answered in the process. */
export async function deliverCpu(options: Options): Promise<Measured> {
  return await inWorld(options, async (world) => {
    const samples = await interleave(
      {
        packedUs: fanfareSide(world, stubbedHttp, { times: 5, perPack: PER_PACK, ...options }),
        naiveUs: naiveSide(world, stubbedFetch, options.receiver),
        singleUs: fanfareSide(world, stubbedHttp, { times: 10, perPack: 1, ...options }),
      },
      turns(options),
    );
    return {
      rows: [
        ratioRow('deliver.cpu.vsNaive', ['naiveUs', 'packedUs'], samples),
        ratioRow('deliver.single.vsNaive', ['naiveUs', 'singleUs'], samples),
      ],
      checks: [],
    };
  });
}

/** The same with posts to a loopback server in another process. */
export async function deliverWithPost(options: Options): Promise<Measured> {
  return await inWorld(options, async (world) => {
    const http = createHttp({ localHosts: [new URL(options.receiver).host] });
    const samples = await interleave(
      {
        packedUs: fanfareSide(world, http.send, { times: 5, perPack: PER_PACK, ...options }),
        naiveUs: naiveSide(world, fetch, options.receiver),
      },
      turns(options),
    );
    http.close();
    return { rows: [ratioRow('deliver.cpu.withPost.vsNaive', ['naiveUs', 'packedUs'], samples)], checks: [] };
  });
}

async function inWorld({ receiver }: Options, act: (world: World) => Promise<Measured>): Promise<Measured> {
  const world = await openWorld(receiver);
  try {
    for (const client of [world.fanfare.client, world.fanfare.sqs, world.naive.dynamo]) stub(client);
    return await act(world);
  } finally {
    await world.close();
  }
}

interface FanfareWork {
  readonly times: number;
  readonly perPack: number;
  readonly receiver: string;
}

function fanfareSide(world: World, send: Outside['http'], { times, perPack, receiver }: FanfareWork): Side {
  const clock = createStillClock();
  const [http, posts] = counted(send);
  const localHosts = [new URL(receiver).host];
  const { deliver } = fanfareHandlers(world.fanfare, { http, localHosts, clock });
  const run = async (): Promise<number> => {
    clock.catchUp();
    return await delivered(deliver, deliveryPacks(MESSAGES, perPack), posts, MESSAGES * perPack);
  };
  return { run, times };
}

function naiveSide({ naive: { dynamo } }: World, post: typeof fetch, receiver: string): Side {
  const [fetching, posts] = counted(post);
  const tables = { idempotency: NAIVE_TABLES.idempotency.name, limits: NAIVE_TABLES.limits.name };
  const send = createSender({ dynamo, tables, perSecond: PER_SECOND, fetch: fetching });
  return { run: () => delivered(send, naiveDeliveries(MESSAGES, receiver), posts, MESSAGES), times: 5 };
}

/** Throws when anything was not posted: what failed says nothing of what it costs. */
async function delivered(
  handler: (event: SQSEvent, context: typeof CONTEXT) => Promise<SQSBatchResponse>,
  batch: SQSEvent,
  posts: () => number,
  deliveries: number,
): Promise<number> {
  const before = posts();
  const { batchItemFailures } = await handler(batch, CONTEXT);
  const posted = posts() - before;
  if (batchItemFailures.length > 0 || posted !== deliveries)
    throw new Error(`${posted} of ${deliveries} posted, ${batchItemFailures.length} messages came back`);
  return posted;
}

function counted<A extends unknown[], R>(act: (...args: A) => R): [(...args: A) => R, () => number] {
  let count = 0;
  const counting = (...args: A): R => {
    count++;
    return act(...args);
  };
  return [counting, () => count];
}
