import { testTables } from '../../cdk/local/table-spec.ts';
import { type Faults, NO_FAULTS } from './faults.ts';
import { TABLES, timeoutMsOf, createFunctions } from './functions.ts';
import { createFunction, createMapping } from './lambda.ts';
import { createDynamo } from './model/dynamo.ts';
import { createSqs } from './model/sqs.ts';
import { deadQueue, isOrdered, noteSweep, queueSpecs, readersOf, writeCatalog } from './ground.ts';
import { openDeliveries } from './ledger-view.ts';
import { createOracle } from './oracle.ts';
import type { Violation } from './violation.ts';
import type { CrashPoint, Outside } from './process.ts';
import { isParking, planPauses } from './pauses.ts';
import { createProducers } from './producers.ts';
import { createProviders } from './providers.ts';
import { createRandom } from './random.ts';
import { type Outage, type Scenario, SPREAD_MS, drawScenario } from './scenario.ts';
import { createTrace } from './trace.ts';
import { createWorld } from './world.ts';

export interface Plan {
  readonly seed: number;
  /** Instead of the one the seed draws. */
  readonly scenario?: Scenario;
  readonly crashPoints?: readonly CrashPoint[];
  /** Hears the story, line by line. */
  readonly write?: (line: string) => void;
}

export interface Result {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly accepted: number;
  readonly arrivals: number;
  /** Accepted arrivals beyond the first of a delivery. */
  readonly duplicates: number;
  readonly dead: number;
  /** Times that a delivery was parked. */
  readonly parked: number;
  /** Sends that had to keep their order. */
  readonly ordered: number;
  readonly crashes: number;
  readonly calls: number;
  /** How often each site called. */
  readonly sites: ReadonlyMap<string, number>;
  /** How often each had called when the first planned crash happened. */
  readonly sitesAtCrash: ReadonlyMap<string, number>;
  readonly virtualMs: number;
}

const START = Date.UTC(2026, 10, 21, 10);
/** After this nothing goes wrong any more: what is under way has to come to its end. */
const QUIET_MS = 120_000;
const END_MS = 6 * 3_600_000;
const INDEX_LAG_MS = 1_500;
const PREFIX = 'sim';

/** Runs one seed, from the first post until nothing is under way any more, and judges it. */
export async function simulate({ seed, scenario: given, crashPoints = [], write }: Plan): Promise<Result> {
  const random = createRandom(seed);
  const scenario = given ?? drawScenario(random.fork('scenario'));
  const world = createWorld(START);
  const isQuiet = (): boolean => world.now() >= START + QUIET_MS;
  const faults = (): Faults => (isQuiet() ? NO_FAULTS : scenario.faults);
  const tell = createTrace(world.now, write);
  const outside: Outside = {
    world,
    random: random.fork('life'),
    faults,
    tell,
    calls: new Map(),
    crashes: 0,
    callsAtCrash: undefined,
    crashPoints,
  };
  const chance = random.fork('service');
  const oracle = createOracle(scenario, (owner) => functions.isAtWork(owner));

  let parked = 0;
  const wakes = new Map<string, (atMs: number) => void>();
  const dynamo = createDynamo(Object.values(testTables(PREFIX)), {
    later: (follow) => world.at(world.now() + chance.between(1, INDEX_LAG_MS), follow),
    onWrite: (one) => {
      if (isParking(one)) parked++;
      oracle.onWrite(one, dynamo);
    },
    faults: {
      statement: () => (chance.chance(faults().partial) ? 'ThrottlingError' : undefined),
      unprocessed: () => chance.chance(faults().partial),
    },
  });
  const sqs = createSqs(queueSpecs(scenario), {
    now: world.now,
    refused: () => isOut(scenario.outage, world.now() - START) || chance.chance(faults().partial),
    onVisible: (url, atMs) => wakes.get(url)?.(atMs),
  });
  const providers = createProviders({
    world,
    random: random.fork('providers'),
    faults,
    tell,
    onSend: (send) => oracle.onSend(send, dynamo),
    natureOf: (tenant, destination) => natureOf(scenario, tenant, destination, isQuiet()),
  });
  const functions = createFunctions({
    dynamo,
    sqs,
    providers,
    random: random.fork('product'),
    tell,
    isOrdered: isOrdered(scenario),
  });
  const clocks = random.fork('clocks');
  const spec = {
    clock: () => {
      const skewMs = clocks.between(-scenario.skewMs, scenario.skewMs);
      // In the end even bad clocks are set right.
      return () => (isQuiet() ? Math.max(-SPREAD_MS, Math.min(SPREAD_MS, skewMs)) : skewMs);
    },
  };

  const ingest = createFunction(
    { ...spec, name: 'ingest', timeoutMs: timeoutMsOf('ingest'), start: functions.ingest },
    outside,
  );
  const timers = createFunction(
    { ...spec, name: 'timers', timeoutMs: timeoutMsOf('timers'), start: functions.timers },
    outside,
  );
  const deadLetters = createFunction(
    { ...spec, name: 'dead-letters', timeoutMs: timeoutMsOf('dead-letters'), start: functions.deadLetters },
    outside,
  );
  const starts = {
    'fan-out': functions.fanOut,
    'fan-out-ordered': functions.fanOutOrdered,
    deliver: functions.deliver,
    'deliver-ordered': functions.deliverOrdered,
  };
  const readers = readersOf(scenario).map(({ queue, bundle }) => {
    const function_ = {
      ...spec,
      name: `${bundle}(${queue})`,
      timeoutMs: timeoutMsOf(bundle),
      start: starts[bundle](queue),
    };
    return { queue, target: createFunction(function_, outside) };
  });
  const { concurrency, batchSize } = scenario;
  for (const { queue, target } of readers) {
    wakes.set(queue, createMapping({ queue, target, batchSize, concurrency }, sqs, outside).wake);
    const dead = deadQueue(queue);
    wakes.set(
      dead,
      createMapping({ queue: dead, target: deadLetters, batchSize, concurrency: 1 }, sqs, outside).wake,
    );
  }

  const producers = createProducers(ingest, outside);
  await writeCatalog(scenario.tenants, dynamo, (tenant) => tenant.routes);
  if (!scenario.isNew) await noteSweep(START, dynamo);
  for (const { id, posts } of scenario.tenants) producers.plan(id, posts, START);
  planPauses(scenario, START, world, dynamo);
  const changeAt = START + random.fork('change').between(1_000, 60_000);
  world.at(changeAt, () => {
    const changed = scenario.tenants.filter(({ laterRoutes }) => laterRoutes);
    void writeCatalog(changed, dynamo, ({ laterRoutes = [] }) => laterRoutes);
  });

  const functionsRunning = (): number =>
    [ingest, timers, deadLetters, ...readers.map(({ target }) => target)].reduce(
      (sum, one) => sum + one.running(),
      0,
    );
  const queued = (): number =>
    readers.reduce((sum, { queue }) => sum + sqs.size(queue) + sqs.size(deadQueue(queue)), 0);
  const isIdle = (): boolean =>
    producers.open() === 0 &&
    queued() === 0 &&
    functionsRunning() === 0 &&
    openDeliveries(dynamo).length === 0;
  everyMinute(() => (isIdle() ? undefined : timers.invoke(undefined)));

  function everyMinute(act: () => Promise<unknown> | undefined): void {
    world.at(world.now() + scenario.timersEveryMs, () => {
      if (act()) everyMinute(act);
    });
  }

  await world.run(START + END_MS);
  const violations = oracle.judge(isIdle(), START, producers.accepted, providers, dynamo);
  const accepted = providers.arrivals.filter((arrival) => arrival.accepted);
  return {
    seed,
    violations,
    accepted: producers.accepted.length,
    arrivals: accepted.length,
    duplicates: oracle.duplicates(),
    dead: dynamo.items(TABLES.ledger).filter((item) => item['state']?.S === 'dead').length,
    parked,
    ordered: oracle.ordered(),
    crashes: outside.crashes,
    calls: [...outside.calls.values()].reduce((sum, count) => sum + count, 0),
    sites: outside.calls,
    sitesAtCrash: outside.callsAtCrash ?? new Map(),
    virtualMs: world.now() - START,
  };
}

function natureOf({ tenants }: Scenario, tenant: string, destination: string, quiet: boolean) {
  const nature = tenants.find(({ id }) => id === tenant)?.natures.get(destination) ?? 'healthy';
  return quiet && nature === 'broken' ? 'healthy' : nature;
}

function isOut(outage: Outage | undefined, atMs: number): boolean {
  return outage !== undefined && atMs >= outage.fromMs && atMs < outage.toMs;
}
