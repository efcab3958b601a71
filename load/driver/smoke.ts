import { randomBytes } from 'node:crypto';
import { watchArrivals } from './arrivals.ts';
import { createMaker } from './events.ts';
import type { Clock } from './open-loop.ts';
import type { FlowSpec, Scenario } from './scenario.ts';
import { shoot } from './shoot.ts';
import type { LocalTarget, Target } from './target.ts';

/** One request of each flow was not answered as it has to be, or what it posted did not arrive: no load is made. */
export class SmokeFailed extends Error {
  override readonly name = 'SmokeFailed';
}

export interface SmokeDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Flows that read what others have posted. */
const READS: ReadonlySet<string> = new Set(['readEvent', 'readDelivery', 'journey', 'reads']);
/** Events for them to read. */
const KNOWN = 20;
/** When nothing has arrived for so long, nothing will. */
const ARRIVE_MS = 30_000;

/** Sends one request of each flow and sees them arrive. Answers ids of events that reads can ask for. */
export async function smoke(
  { flows, perEvent, stack }: Scenario,
  { call, local }: Target,
  { clock, signal }: SmokeDeps,
): Promise<string[]> {
  const run = `s${randomBytes(6).toString('hex')}`;
  const maker = createMaker(run);
  const faults: string[] = [];
  const deps = {
    call,
    direct: local?.direct,
    maker,
    chance: () => 0,
    now: clock.now,
    record: () => undefined,
    onFault: (text: string) => faults.push(text),
  };
  const complain = (): void => {
    if (faults.length > 0) throw new SmokeFailed(`before any load: ${faults.join('; ')}`);
  };

  const toKnow = flows.some(({ flow }) => READS.has(flow)) ? KNOWN : 0;
  for (let n = 0; n < toKnow; n++) await shoot(toRead(flows), clock.now(), { ...deps, known: [] });
  complain();
  const known = maker.posted.flatMap(({ id }) => id ?? []);
  if (known[0] !== undefined)
    await untilReadable(`/v1/deliveries/${known.at(-1)}:one`, call, { clock, signal });
  for (const spec of flows) await shoot(spec, clock.now(), { ...deps, known });
  complain();

  if (!local) return known;
  // A stack that has been at work for a while has its functions loaded.
  const [first] = flows;
  for (let round = 0; round < stack.warmRounds; round++) {
    await Promise.all(
      Array.from(
        { length: stack.workers },
        async () => first && shoot(first, clock.now(), { ...deps, known }),
      ),
    );
    complain();
  }
  const wanted = maker.posted.filter(({ accepted }) => accepted).length * perEvent;
  const arrivals = watchArrivals(run, maker.posted, local.inbox);
  let untilMs = clock.now() + ARRIVE_MS;
  while (clock.now() < untilMs && !signal.aborted) {
    const before = arrivals.arrived();
    if (before >= wanted && (await isQuiet(local))) break;
    await clock.sleep(200, signal);
    await arrivals.look();
    if (arrivals.arrived() > before) untilMs = clock.now() + ARRIVE_MS;
  }
  if (arrivals.arrived() !== wanted && !signal.aborted)
    throw new SmokeFailed(
      `before any load: ${arrivals.arrived()} of ${wanted} deliveries arrived; perEvent is ${perEvent}`,
    );
  return known;
}

/** A function writes its metrics after the provider has heard, and ends its messages after that. */
async function isQuiet({ probe }: Pick<LocalTarget, 'probe'>): Promise<boolean> {
  const { ready, inFlight } = await probe();
  return ready + inFlight === 0;
}

/** A plain event, sent as the flows send theirs. */
function toRead(flows: readonly FlowSpec[]): FlowSpec {
  const [first] = flows;
  if (!first) throw new SmokeFailed('the scenario has no flows');
  return { ...first, flow: 'post', events: 1, size: 'usual' };
}

/** The ledger hears of a delivery a moment after its provider. */
async function untilReadable(
  path: string,
  call: Target['call'],
  { clock, signal }: SmokeDeps,
): Promise<void> {
  const untilMs = clock.now() + ARRIVE_MS;
  while (clock.now() < untilMs && !signal.aborted) {
    const { status } = await call('GET', path);
    if (status === 200) return;
    await clock.sleep(200, signal);
  }
}
