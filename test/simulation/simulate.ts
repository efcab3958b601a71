import { testTables } from '../../cdk/local/table-spec.ts';
import { type Faults, NO_FAULTS } from './faults.ts';
import { TABLES, createFunctions } from './functions.ts';
import { type DynamoModel, createDynamo } from './model/dynamo.ts';
import { createSqs } from './model/sqs.ts';
import type { Attributes } from './model/values.ts';
import { isOrdered, noteSweep, queueSpecs, writeCatalog } from './ground.ts';
import { heldEvents, openDeliveries, openWindows } from './ledger-view.ts';
import { planAcknowledgements } from './escalations.ts';
import { openFailovers } from './failovers.ts';
import { createJobs } from './heartbeats.ts';
import { createOracle } from './oracle.ts';
import type { Violation } from './violation.ts';
import type { CrashPoint, Outside } from './process.ts';
import { isParking, planPauses } from './pauses.ts';
import { createProducers } from './producers.ts';
import { createProviders } from './providers.ts';
import { createRandom } from './random.ts';
import { createReplayDesk } from './replays.ts';
import { type Outage, START, type Scenario, SPREAD_MS, drawScenario } from './scenario.ts';
import { startStack } from './stack.ts';
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
  /** Events that were held until a time. */
  readonly scheduled: number;
  /** Deliveries that a duplicate or a cap kept back. */
  readonly counted: number;
  /** Sends that had to keep their order. */
  readonly ordered: number;
  /** Rounds that dead deliveries began anew. */
  readonly replayed: number;
  /** Messages that were changed in place. */
  readonly edits: number;
  /** Deliveries that waited to be told together. */
  readonly together: number;
  /** Arrivals that stood among others in their message. */
  readonly merged: number;
  /** Steps of escalations that were taken. */
  readonly steps: number;
  /** Deliveries that another destination heard of in place of the first. */
  readonly failovers: number;
  /** Times that a heartbeat stopped. */
  readonly stops: number;
  readonly superseded: number;
  readonly crashes: number;
  readonly calls: number;
  /** How often each site called. */
  readonly sites: ReadonlyMap<string, number>;
  /** How often each had called when the first planned crash happened. */
  readonly sitesAtCrash: ReadonlyMap<string, number>;
  readonly virtualMs: number;
}

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
  const dynamo = createDynamo(Object.values(testTables(PREFIX)), {
    later: (follow) => world.at(world.now() + chance.between(1, INDEX_LAG_MS), follow),
    onWrite: (one) => {
      if (isParking(one)) parked++;
      oracle.onWrite(one, world.now(), dynamo);
    },
    faults: {
      statement: () => (chance.chance(faults().partial) ? 'ThrottlingError' : undefined),
      unprocessed: () => chance.chance(faults().partial),
    },
  });
  const sqs = createSqs(queueSpecs(scenario), {
    now: world.now,
    refused: () => isOut(scenario.outage, world.now() - START) || chance.chance(faults().partial),
    onVisible: (url, atMs) => stack.wake(url, atMs),
    onSent: oracle.onMessage,
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
  const clock = (): (() => number) => {
    const skewMs = clocks.between(-scenario.skewMs, scenario.skewMs);
    // In the end even bad clocks are set right.
    return () => (isQuiet() ? Math.max(-SPREAD_MS, Math.min(SPREAD_MS, skewMs)) : skewMs);
  };
  const stack = startStack(scenario, { functions, sqs, outside, clock });

  const producers = createProducers(stack.ingest, outside);
  await writeCatalog(scenario.tenants, dynamo, (tenant) => tenant.routes);
  if (!scenario.isNew) await noteSweep(START, dynamo);
  for (const { id, posts } of scenario.tenants) producers.plan(id, posts, START);
  planPauses(scenario, START, world, dynamo);
  const desk = createReplayDesk(scenario.replays, { startMs: START, world, dynamo, tell });
  desk.plan((started) => oracle.onReplay(started, dynamo));
  const acknowledged = planAcknowledgements(scenario.acknowledgements, {
    startMs: START,
    world,
    dynamo,
    tell,
  });
  const { beat } = stack;
  const jobs = await createJobs(scenario.heartbeats, { beat, startMs: START, world, dynamo, tell });
  const changeAt = START + random.fork('change').between(1_000, 60_000);
  world.at(changeAt, () => {
    const changed = scenario.tenants.filter(({ laterRoutes }) => laterRoutes);
    void writeCatalog(changed, dynamo, ({ laterRoutes = [] }) => laterRoutes);
  });

  const isIdle = (): boolean =>
    producers.open() === 0 &&
    desk.open() === 0 &&
    jobs.open() === 0 &&
    stack.queued() === 0 &&
    stack.running() === 0 &&
    openWindows(dynamo).length === 0 &&
    openDeliveries(dynamo).length === 0 &&
    openFailovers(dynamo) === 0 &&
    heldEvents(dynamo, world.now()).length === 0;
  everyMinute(() => (isIdle() ? undefined : stack.timers.invoke(undefined)));

  function everyMinute(act: () => Promise<unknown> | undefined): void {
    // Once nothing goes wrong any more, timers need not run more often than they are deployed to.
    const everyMs = isQuiet() ? Math.max(scenario.timersEveryMs, 60_000) : scenario.timersEveryMs;
    world.at(world.now() + everyMs, () => {
      if (act()) everyMinute(act);
    });
  }

  await world.run(START + END_MS, () => oracle.violations.length > 0);
  const heard = { accepted: producers.accepted, acknowledged, beats: jobs.beats };
  const violations = oracle.judge(isIdle(), START, heard, providers, dynamo);
  const accepted = providers.arrivals.filter((arrival) => arrival.accepted);
  return {
    seed,
    violations,
    accepted: producers.accepted.length,
    arrivals: accepted.length,
    duplicates: oracle.duplicates(),
    dead: countOf(dynamo, ({ state }) => state?.S === 'dead'),
    parked,
    scheduled: producers.accepted.filter(({ scheduledAt }) => scheduledAt !== undefined).length,
    counted: oracle.counted(),
    ordered: oracle.ordered(),
    replayed: oracle.rises(),
    edits: oracle.edits(),
    together: oracle.together(),
    merged: accepted.filter(({ isShared }) => isShared).length,
    steps: oracle.steps(),
    failovers: oracle.failovers(),
    stops: oracle.stops(),
    superseded: countOf(dynamo, ({ reason }) => reason?.S === 'superseded'),
    crashes: outside.crashes,
    calls: [...outside.calls.values()].reduce((sum, count) => sum + count, 0),
    sites: outside.calls,
    sitesAtCrash: outside.callsAtCrash ?? new Map(),
    virtualMs: world.now() - START,
  };
}

function countOf(dynamo: DynamoModel, test: (item: Attributes) => boolean): number {
  return dynamo.items(TABLES.ledger).filter(test).length;
}

function natureOf({ tenants, replays }: Scenario, tenant: string, destination: string, quiet: boolean) {
  const nature = tenants.find(({ id }) => id === tenant)?.natures.get(destination) ?? 'healthy';
  // What is replayed is to have an end that is no death.
  const heals = nature === 'broken' || (nature === 'strict' && replays.some((one) => one.tenant === tenant));
  return quiet && heals ? 'healthy' : nature;
}

function isOut(outage: Outage | undefined, atMs: number): boolean {
  return outage !== undefined && atMs >= outage.fromMs && atMs < outage.toMs;
}
