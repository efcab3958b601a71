import { testTables } from '../../cdk/local/dynamo.ts';
import type { DueEntry } from '../../lib/core/due-entry.ts';
import { type Heartbeat, waitOf } from '../../lib/core/heartbeat.ts';
import type { EventPack } from '../../lib/core/message.ts';
import { type HeartbeatDeps, watchHeartbeats } from '../../lib/pipeline/heartbeats.ts';
import { setAlert } from '../../lib/stores/alerts.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createHeartbeats } from '../../lib/stores/heartbeats.ts';
import { createPulses } from '../../lib/stores/pulses.ts';
import { fromAttributes } from '../../lib/stores/table.ts';
import { createDynamo } from '../simulation/model/dynamo.ts';
import { createRandom } from '../simulation/random.ts';
import { createCrowd } from './crowd.ts';

const START = Date.UTC(2026, 10, 21, 10);
const LEDGER = testTables('beat').ledger;
const SETTINGS: Heartbeat = { id: 'backup', everyMs: 60_000, graceMs: 10_000 };

/** What came of beats and timers that met. */
export interface HeartbeatRace {
  /** What is wrong with what was told. */
  readonly wrong: readonly string[];
  readonly stops: number;
  readonly crashes: number;
}

type Pulses = ReturnType<typeof createHeartbeats> & ReturnType<typeof createPulses>;
type Tamper = (pulses: Pulses) => Pulses;

interface Told {
  readonly id: string;
  readonly status: unknown;
  readonly startsAtMs: number;
}

/**
 * Runs beats, sweeps of the timers, changes and removals of one heartbeat beside each other, and draws at each call
 * which lands next; processes die before a call or after it, replies are lost, sweeps overlap for as long as they like.
 */
export async function heartbeatRace(
  seed: number,
  tamper: Tamper = (pulses) => pulses,
): Promise<HeartbeatRace> {
  const random = createRandom(seed);
  const model = createDynamo([LEDGER]);
  const told: Told[] = [];
  const beats: { readonly atMs: number; readonly ackedMs: number }[] = [];
  const { start, call, tableOf, land, running, isCalm, calm, crashes } = createCrowd({
    random,
    deaths: 0.02,
  });
  let settings: Heartbeat | undefined;
  let [nowMs, steps, isStill] = [START, 0, false];
  const now = (): number => nowMs;
  const telemetry = { add: () => undefined, log: () => undefined };

  function openStores(process: number) {
    const table = tableOf(process, LEDGER.name, model);
    return {
      table,
      pulses: tamper({ ...createHeartbeats(table, { now }), ...createPulses(table, { now }) }),
    };
  }

  async function beat(process: number): Promise<void> {
    const atMs = nowMs;
    const { pulses } = openStores(process);
    if ((await pulses.beat('acme', 'backup')) === 'beaten') beats.push({ atMs, ackedMs: nowMs });
  }

  async function sweep(due: readonly DueEntry[], process: number): Promise<void> {
    const { table, pulses } = openStores(process);
    const deps: HeartbeatDeps = {
      pulses,
      findHeartbeat: () => call(process, () => settings),
      catalog: async () => ({ topics: [] }),
      readFanOuts: createFanOuts(table, { now }).read,
      setAlert: (of, known) => setAlert(table, of, known),
      enqueue: (_, messages) =>
        call(process, () => {
          for (const { body } of messages)
            for (const one of (JSON.parse(body) as EventPack).items.map(toldOf))
              // Copies of an event are one to those who hear it.
              if (!told.some(({ id }) => id === one.id)) told.push(one);
          return { failed: [] };
        }),
      eventQueues: { normal: 'normal', urgent: 'urgent' },
      telemetry,
      now,
    };
    await watchHeartbeats(due, deps);
  }

  /** As the API does it: armed first, then written. */
  async function change(next: Heartbeat | undefined, process: number): Promise<void> {
    const { pulses } = openStores(process);
    await pulses.arm('acme', 'backup', settings === undefined);
    await call(process, () => void (settings = next));
  }

  async function step(): Promise<void> {
    steps++;
    await new Promise(setImmediate);
    if (!isCalm() && running() < 5 && random.chance(0.2)) start(beat);
    if (!isCalm() && running() < 6 && random.chance(0.02)) {
      const longer = { ...SETTINGS, everyMs: random.pick([60_000, 120_000]) };
      start((process) => change(random.chance(0.3) ? undefined : longer, process));
    }
    if (!isStill && random.chance(0.1)) nowMs += random.whole(0, random.chance(0.2) ? 150_000 : 15_000);
    const due = running() < 7 && random.chance(0.3) ? dueIn(model.items(LEDGER.name), nowMs) : [];
    if (due.length > 0) start((process) => sweep(due, process));
    land();
  }

  const settle = async (): Promise<void> => {
    calm();
    const from = nowMs;
    while (nowMs < from + 2_400_000 || running() > 0) {
      if (running() === 0) nowMs += 30_000;
      await step();
      if (steps > 50_000) throw new Error(`seed ${seed} comes to no end`);
    }
  };

  start((process) => change(SETTINGS, process));
  for (let storm = random.whole(100, 600); storm > 0; storm--) await step();
  await settle();
  settings = SETTINGS;
  start(async (process) => {
    await openStores(process).pulses.arm('acme', 'backup', false);
    await beat(process);
  });
  await settle();
  const quiet = judge(told, beats);
  const silent = told.at(-1);
  isStill = true;
  start(beat);
  while (running() > 0) await step();
  for (let minute = 0; minute < 3; minute++) {
    start((process) => sweep(dueIn(model.items(LEDGER.name), nowMs), process));
    while (running() > 0) await step();
  }
  const wrong = [
    ...quiet,
    // Nobody has beaten for long: the last that was told is a stop; and after a beat it is over.
    ...(silent?.status === 'firing' ? [] : ['a stop that nobody was told of']),
    ...(told.at(-1)?.status === 'resolved' ? [] : ['an end that nobody was told of']),
    ...judge(told, beats).filter((one) => !quiet.includes(one)),
  ];
  const known = model
    .items(LEDGER.name)
    .map(fromAttributes)
    .find(({ sk }) => sk.startsWith('alert#'));
  if (!String(known?.['body']).includes('"status":"resolved"')) wrong.push('an alert that is known to fire');
  const stops = new Set(told.map(({ startsAtMs }) => startsAtMs)).size;
  return { wrong, stops, crashes: crashes() };
}

function toldOf({ id, data }: EventPack['items'][number]): Told {
  return { id, status: data['status'], startsAtMs: Date.parse(String(data['startsAt'])) };
}

/** What was told of each stop, and of which it was told although it beat. */
function judge(
  told: readonly Told[],
  beats: readonly { readonly atMs: number; readonly ackedMs: number }[],
): string[] {
  return [...Map.groupBy(told, ({ startsAtMs }) => startsAtMs)].flatMap(([sinceMs, events], index, stops) => {
    const story = events.map(({ status }) => status).join(' ');
    const isLast = index === stops.length - 1;
    const isWhole = story === 'firing resolved' || (isLast && story === 'firing');
    // Any settings that may have held waited at least so long.
    const heard = beats.some(({ atMs, ackedMs }) => atMs > sinceMs - waitOf(SETTINGS) && ackedMs < sinceMs);
    const wrong = [isWhole ? [] : [`${sinceMs}: ${story}`], heard ? [`${sinceMs}: it had beaten`] : []];
    return wrong.flat();
  });
}

type Items = ReturnType<ReturnType<typeof createDynamo>['items']>;

function dueIn(items: Items, nowMs: number): DueEntry[] {
  return items.flatMap((attributes) => {
    const { dueAt } = fromAttributes(attributes);
    if (typeof dueAt !== 'string' || Number.parseInt(dueAt, 10) > nowMs) return [];
    return [{ tenant: 'acme', id: dueAt.split('#')[2]!, dueAt }];
  });
}
