import { deliveryId } from '../../lib/core/delivery.ts';
import { compileRoutes } from '../../lib/core/route.ts';
import type { Event } from '../../lib/core/event.ts';
import { interleave, median } from './interleave.ts';
import { type Measured, type Options, type Row, turns } from './rows.ts';
import { newEvent } from './work.ts';

/** Events a second that Nova publishes for its bus with one subscriber, on a machine of its own. */
const NOVA_PER_SECOND = 4_000_000;
const EVENTS = 1_000;
const TIMES = 100;

/** The pure core of the fan-out: an event in, the id of its delivery to the one subscriber out. */
export async function coreFanOut(options: Options): Promise<Measured> {
  const matching = compileRoutes([
    { id: 'all', order: 0, match: { topic: ['orders.paid'] }, destinations: ['one'] },
  ]);
  const events = Array.from({ length: EVENTS }, newEvent);
  const fanOut = (all: readonly Event[]): number => {
    let ids = 0;
    for (const event of all)
      for (const { destinations } of matching(event))
        for (const destination of destinations) if (deliveryId(event.id, destination) !== '') ids++;
    if (ids !== all.length) throw new Error(`${ids} deliveries of ${all.length} events`);
    return ids;
  };
  const again = { run: () => fanOut(events), times: TIMES };
  const { eventUs } = await interleave({ eventUs: again }, turns(options));
  // Afterwards: V8 would compile one function for both kinds of events.
  const texts = events.map((event) => JSON.stringify(event));
  let fresh: Event[] = [];
  const once = {
    prepare: () => void (fresh = Array.from({ length: TIMES }, () => texts.map(read)).flat()),
    run: () => fanOut(fresh),
    times: 1,
  };
  const { freshUs } = await interleave({ freshUs: once }, turns(options));
  return {
    rows: [rowOf('core.fanoutPerSecond.vsNova', eventUs), rowOf('core.fresh.vsNova', freshUs)],
    checks: [],
  };
}

const read = (text: string): Event => JSON.parse(text);

function rowOf(name: string, us: readonly number[]): Row {
  const perSecond = us.map((one) => 1_000_000 / one);
  const value = median(perSecond) / NOVA_PER_SECOND;
  return { name, value, samples: { perSecond }, note: 'against a published figure of another machine' };
}
