import { deliveryId } from '../../lib/core/delivery.ts';
import { compileRoutes } from '../../lib/core/route.ts';
import { interleave } from './interleave.ts';
import { median } from './interleave.ts';
import { type Measured, type Options, turns } from './rows.ts';
import { newEvent } from './work.ts';

/** Events a second that Nova publishes for its bus with one subscriber, on a machine of its own. */
const NOVA_PER_SECOND = 4_000_000;
const EVENTS = 1_000;

/** The pure core of the fan-out: an event in, the id of its delivery to the one subscriber out. */
export async function coreFanOut(options: Options): Promise<Measured> {
  const matching = compileRoutes([
    { id: 'all', order: 0, match: { topic: ['orders.paid'] }, destinations: ['one'] },
  ]);
  const events = Array.from({ length: EVENTS }, newEvent);
  const run = (): number => {
    let ids = 0;
    for (const event of events)
      for (const { destinations } of matching(event))
        for (const destination of destinations) if (deliveryId(event.id, destination) !== '') ids++;
    if (ids !== EVENTS) throw new Error(`${ids} deliveries of ${EVENTS} events`);
    return ids;
  };
  const { eventUs } = await interleave({ eventUs: { run, times: 100 } }, turns(options));
  const perSecond = eventUs.map((us) => 1_000_000 / us);
  const value = median(perSecond) / NOVA_PER_SECOND;
  const note = 'against a published figure of another machine';
  return { rows: [{ name: 'core.fanoutPerSecond.vsNova', value, samples: { perSecond }, note }], checks: [] };
}
