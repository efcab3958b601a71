import { costOf, paceOf } from '../limiter/pace.ts';
import { type World, openWorld } from '../limiter/world.ts';
import type { Measured, Options, Row } from './rows.ts';

const SECOND = 1_000;
const WORKERS = 3;
/** Deliveries in one message: half as many as a fan-out would put there. */
const PACK = 10;

/** How close to a limit a saturated destination is sent to, and what that costs, in virtual time. */
export async function limiter({ progress }: Options): Promise<Measured> {
  progress('2,000 deliveries at 100/s');
  const fast = await saturated(100, 2_000, PACK);
  progress('120 deliveries at 1/s');
  const slow = await saturated(1, 120, 1);
  return {
    rows: [
      row('limiter.maxWindowRatio', Math.max(fast.busiest, slow.busiest)),
      row('limiter.utilisation', fast.use),
      row('limiter.writesPerSend', fast.writesPerSend),
      row('limiter.writesPerDenial', fast.writesPerDenial),
      row('limiter1.utilisation', slow.use),
    ],
    checks: [],
  };
}

async function saturated(limit: number, deliveries: number, pack: number) {
  const world: World = await openWorld({
    rate: { limit, perMs: SECOND },
    destinations: ['d'],
    retryMs: [10_000],
  });
  try {
    world.post(
      'd',
      Array.from({ length: deliveries }, (_, n) => `e${n}`),
      { pack },
    );
    await world.run(WORKERS);
    if (world.sent.length !== deliveries) throw new Error(`${world.sent.length} of ${deliveries} were sent`);
    const { busiest, use } = paceOf(world.sent, limit);
    return { ...costOf(world), busiest: busiest / limit, use };
  } finally {
    await world.close();
  }
}

/** There is one figure, and it comes out the same each time. */
function row(name: string, value: number): Row {
  return { name, value, samples: { value: [value] } };
}
