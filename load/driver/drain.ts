import { isObject, objectsIn } from '../../lib/core/is-object.ts';
import type { Call } from './client.ts';
import type { Clock } from './open-loop.ts';
import type { Target } from './target.ts';
import { type Seen, openOf } from './watch.ts';

const LOOK_MS = 250;
/** After an interruption there is a report, soon. */
const INTERRUPTED_MS = 2_000;
/** Nothing has arrived for so long: the ledger is asked what has ended otherwise. */
const QUIET_MS = 3_000;
/** A duplicate follows its original closely. */
const LAST_LOOK_MS = 1_500;

interface DrainDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly seconds: number;
}

/**
 * Waits until all that was accepted has arrived or ended otherwise, and the queues are empty. Answers the deliveries
 * that ended otherwise. The watch looks at the inbox meanwhile.
 */
export async function drain(
  seen: Seen,
  { local }: Target,
  { clock, signal, seconds }: DrainDeps,
): Promise<number> {
  const { arrivals } = seen;
  if (!arrivals || !local) return 0;
  const untilMs = clock.now() + seconds * 1_000;
  const wait = async (ms: number): Promise<void> => clock.sleep(ms, new AbortController().signal);
  let last = -1;
  let movedMs = clock.now();
  let ended = 0;
  for (;;) {
    if (arrivals.arrived() !== last) movedMs = clock.now();
    last = arrivals.arrived();
    const open = openOf(seen);
    if (open > 0 && clock.now() - movedMs > QUIET_MS) {
      ended = await endedOf(seen, local.ask);
      movedMs = clock.now();
    }
    if (open <= ended || clock.now() > untilMs) break;
    if (signal.aborted) return (await wait(INTERRUPTED_MS), ended);
    await wait(LOOK_MS);
  }
  // What a run of a function writes about its work comes after the work.
  for (;;) {
    await wait(LAST_LOOK_MS);
    const { ready, inFlight } = await local.probe();
    if (ready + inFlight === 0 || clock.now() > untilMs || signal.aborted) return ended;
  }
}

/** Deliveries of events of this run that are dead or discarded, by the ledger. */
async function endedOf({ maker }: Seen, ask: Call): Promise<number> {
  const own = new Set(maker.posted.map(({ id }) => id));
  let ended = 0;
  for (const state of ['dead', 'discarded']) {
    for (let cursor: unknown = ''; typeof cursor === 'string';) {
      const page = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { status, body } = await ask('GET', `/v1/deliveries?state=${state}&limit=1000${page}`);
      if (status !== 200) throw new Error(`the list of ${state} deliveries was answered ${status}: ${body}`);
      const answer: unknown = JSON.parse(body);
      if (!isObject(answer)) break;
      ended += objectsIn(answer['items']).filter(
        ({ event }) => typeof event === 'string' && own.has(event),
      ).length;
      ({ cursor } = answer);
    }
  }
  return ended;
}
