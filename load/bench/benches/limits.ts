import { RateLimiterDynamo } from 'rate-limiter-flexible';
import { periodOf, planBooking } from '../../../lib/core/slots.ts';
import { sendOne } from '../../../lib/pipeline/deliver/send-one.ts';
import { createLimits } from '../../../lib/stores/limits.ts';
import { stubbedHttp } from '../../headline/fanfare.ts';
import { TENANT } from '../../headline/work.ts';
import { openWorld } from '../../headline/world.ts';
import { NAIVE_TABLES } from '../../naive/tables.ts';
import { type Bench, type Case, repeated } from '../bench.ts';
import { callsOf } from '../calls.ts';
import { claimedDelivery, sendingBy, targetOf } from '../given.ts';

/** A rate that nothing here can exhaust. */
const RATE = { limit: 1_000_000, perMs: 1_000 };
const SLOTS = 10;

/** Rate limits: the decision, which is arithmetic, and the booking, which is a write. */
export const limits: readonly Bench[] = [
  {
    name: 'limits/decide',
    rows: 'B08',
    about: 'where a booking of ten slots lies',
    seed: '<100 ns; measured 73 to 182 ns',
    open: () => ({ cases: { '': deciding() } }),
  },
  {
    name: 'limits/dynamodb',
    rows: 'B08',
    about: 'ten slots booked in one write to the local emulator; a token of rate-limiter-flexible',
    async open({ receiver }) {
      const { fanfare, naive, close } = await openWorld(receiver);
      const calls = callsOf([fanfare.client, naive.dynamo]);
      const table = { client: fanfare.client, name: fanfare.tables.limits, wait: async () => {} };
      const scope = { tenant: TENANT, id: 'bench', periodMs: periodOf(RATE) };
      const store = createLimits(table, { now: Date.now });
      const book = () => store.book(scope, SLOTS, Date.now(), { endMs: Date.now() + 1_100 });
      const flexible = new RateLimiterDynamo({
        storeClient: naive.dynamo,
        tableName: NAIVE_TABLES.limits.name,
        tableCreated: true,
        ttlSet: true,
        points: RATE.limit,
        duration: 1,
      });
      const consume = () => flexible.consume('bench');
      return {
        cases: {
          '': {
            waits: true,
            check: async () => (await book()).kind === 'booked',
            run: async () => ((await book()).kind === 'booked' ? 1 : 0),
            counters: async () => ({ calls: await calls.during(book) }),
          },
          'rate-limiter-flexible': {
            waits: true,
            rivalOf: '',
            check: async () => (await consume()).consumedPoints > 0,
            run: async () => (await consume(), 1),
            also: async () => ({ calls: await calls.during(consume) }),
          },
        },
        close,
      };
    },
  },
  {
    name: 'limits/channel',
    rows: 'B09',
    about: 'engine/sendDirect with a slot decided for it, within the limit',
    seed: '<1 µs within the limit; measured 905 µs',
    flaw: 'it sends more than its limit of 1,000/s: sleeping is timed',
    open: () => ({ cases: { '': sendingInSlot() } }),
  },
];

function deciding(): Case {
  const periodMs = periodOf({ limit: 100, perMs: 1_000 });
  const nowMs = Date.now();
  const plan = (n: number) => planBooking(nowMs + (n % 50), periodMs, SLOTS, nowMs, nowMs + 1_000);
  return { check: () => plan(0).branch === 'busy', run: repeated(10_000, plan) };
}

function sendingInSlot(): Case {
  const target = targetOf('webhook', { url: 'https://example.com/hook' });
  const work = claimedDelivery(target);
  const deps = sendingBy(stubbedHttp);
  const periodMs = periodOf(RATE);
  let tat = 0;
  const send = async (): Promise<string> => {
    const nowMs = Date.now();
    const plan = planBooking(tat, periodMs, 1, nowMs, nowMs + 1_100);
    if (plan.branch === 'full') return plan.branch;
    tat = Math.max(tat, nowMs) + periodMs;
    return (await sendOne(work, target, undefined, deps)).verdict.kind;
  };
  return {
    check: async () => (await send()) === 'delivered',
    run: async () => ((await send()) === 'delivered' ? 1 : 0),
  };
}
