import { testTables } from '../../cdk/local/dynamo.ts';
import type { DueEntry } from '../../lib/core/due-entry.ts';
import type { Hold } from '../../lib/core/hold.ts';
import type { DeliveryPack } from '../../lib/core/message.ts';
import { hold } from '../../lib/pipeline/hold.ts';
import type { Held, HoldDeps } from '../../lib/pipeline/hold/seat.ts';
import { closeWindows } from '../../lib/pipeline/windows.ts';
import { createEscalations } from '../../lib/stores/escalations.ts';
import { createFailovers } from '../../lib/stores/failovers.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createMembers } from '../../lib/stores/members.ts';
import { createStandIns } from '../../lib/stores/stand-ins.ts';
import { fromAttributes } from '../../lib/stores/table.ts';
import { createWindows } from '../../lib/stores/windows.ts';
import { createDynamo } from '../simulation/model/dynamo.ts';
import { type Random, createRandom } from '../simulation/random.ts';
import { createCrowd } from './crowd.ts';
import { catalogOf, destination } from './rig.ts';

const START = Date.UTC(2026, 10, 21, 10);
const TTL = 2e9;
const LEDGER = testTables('race').ledger;

/** What came of fan-out runs and closings that met. */
export interface Race {
  /** In no snapshot, or in a digest that was not sent. */
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  readonly closedTwice: readonly string[];
  /** Sent under one id, and not the same. */
  readonly changed: readonly string[];
  readonly windows: number;
  readonly crashes: number;
  /** Calls whose order was drawn. */
  readonly steps: number;
}

type Tamper = (deps: HoldDeps) => HoldDeps;

/**
 * Runs fan-outs of the same messages beside each other and beside closings, and draws at each call of any of them which
 * lands next; processes die before a call or after it, replies are lost, and one run may go by another catalog.
 */
export async function race(seed: number, tamper: Tamper = (deps) => deps): Promise<Race> {
  const random = createRandom(seed);
  const closings = new Map<string, number>();
  const sent = new Map<string, Set<string>>();
  const model = createDynamo([LEDGER], {
    onWrite: ({ before, after }) => {
      if (after?.['phase']?.S !== 'closed' || before?.['phase']?.S === 'closed') return;
      const name = `${after['pk']?.S} ${after['sk']?.S}`;
      closings.set(name, (closings.get(name) ?? 0) + 1);
    },
  });
  let nowMs = START;
  let steps = 0;
  const { start, call, tableOf, land, running, calm, crashes } = createCrowd({ random, deaths: 0.03 });
  const now = (): number => nowMs;

  function storesOf(process: number) {
    const table = tableOf(process, LEDGER.name, model);
    return { table, windows: createWindows(table, { now }), members: createMembers(table, { now }) };
  }

  const telemetry = { add: () => undefined, log: () => undefined };

  async function fanOut(message: Message, process: number): Promise<void> {
    const { table, windows, members } = storesOf(process);
    const deps = tamper({ windows, members, wait: table.wait, ttl: () => TTL, now, telemetry });
    const held = message.events.map((event) => heldOf(event, random));
    if ((await hold(held, deps)).size === 0) message.isDone = true;
  }

  async function timers(due: readonly DueEntry[], process: number): Promise<void> {
    const { table, windows, members } = storesOf(process);
    await closeWindows(due, {
      windows,
      members,
      escalations: createEscalations(table, { now }),
      failovers: createFailovers(table, { now }),
      standIns: createStandIns(table, { now }),
      events: createEvents(table),
      record: createFanOuts(table, { now }).record,
      catalog: async () => catalogOf(destination('ops')),
      channels: new Map(),
      enqueue: (_, [message]) =>
        call(process, () => {
          const { items }: DeliveryPack = JSON.parse(message!.body);
          const { id, ...what } = items[0]!.notification;
          sent.set(id, (sent.get(id) ?? new Set()).add(JSON.stringify(what)));
          return { failed: [] };
        }),
      queues: { http: 'http', chat: 'chat', urgent: 'urgent' },
      eventQueues: { normal: 'events', urgent: 'events' },
      newId: () => `timers${process}-${steps}`,
      windowTtl: () => TTL,
      ttl: () => TTL,
      now,
      telemetry,
    });
  }

  /** One step: something begins, time passes, or a call lands. */
  async function step(messages: readonly Message[]): Promise<void> {
    steps++;
    await new Promise(setImmediate);
    const waiting = messages.filter(({ isDone }) => !isDone);
    if (waiting.length > 0 && running() < 5 && random.chance(0.3)) {
      const message = random.pick(waiting);
      start((process) => fanOut(message, process));
    }
    if (random.chance(0.05)) nowMs += random.whole(0, 40_000);
    const looks = running() < 7 && random.chance(0.3);
    const due = looks ? dueIn(model.items(LEDGER.name), nowMs) : [];
    if (due.length > 0) {
      const some = due.filter(() => random.chance(0.8));
      start((process) => timers(some, process));
    }
    land();
  }

  const messages = drawMessages(random);
  for (let storm = random.whole(20, 300); storm > 0; storm--) await step(messages);
  calm();
  const isOver = (): boolean =>
    running() === 0 &&
    messages.every(({ isDone }) => isDone) &&
    openIn(model.items(LEDGER.name)).length === 0;
  while (!isOver()) {
    if (steps > 20_000) throw new Error(`seed ${seed} comes to no end`);
    if (running() === 0) nowMs += 30_000;
    await step(messages);
  }
  return {
    ...(await judge(messages, model.items(LEDGER.name), sent)),
    crashes: crashes(),
    steps,
    ...count(closings),
  };
}

interface Message {
  readonly events: readonly string[];
  isDone: boolean;
}

function drawMessages(random: Random): Message[] {
  let events = 0;
  return Array.from({ length: random.whole(1, 5) }, () => ({
    events: Array.from({ length: random.whole(1, 4) }, () => `e${events++}`),
    isDone: false,
  }));
}

/** Mostly one group; by another catalog another one. */
function heldOf(event: string, random: Random): Held {
  const rule: string = random.chance(0.1) ? 'other' : 'all';
  const rules: Hold = {
    tenant: 'acme',
    group: rule.padEnd(22, '0'),
    kind: 'digest',
    destination: 'ops',
    rule,
    values: {},
    closesAt: (ms) => ms + 5_000,
  };
  const content = { id: event, topic: 'a', time: '2026-11-21T10:00:00.000Z', title: `<${event}>`, text: '' };
  const member = { event, atMs: START, title: `<${event}>`, text: '' };
  const ref = { tenant: 'acme', event, destination: 'ops' };
  return { source: event, ref, hold: rules, member, content, channel: 'chat', since: START };
}

type Items = ReturnType<ReturnType<typeof createDynamo>['items']>;

/** What the due index would give. */
function dueIn(items: Items, nowMs: number) {
  return openIn(items).filter(({ dueAt }) => Number(dueAt.slice(0, 15)) <= nowMs);
}

function openIn(items: Items): DueEntry[] {
  return items.flatMap((attributes) => {
    const { dueAt } = fromAttributes(attributes);
    return typeof dueAt === 'string' ? [{ tenant: 'acme', id: dueAt.split('#')[2]!, dueAt }] : [];
  });
}

/** Every event is in one snapshot that counts, and what was sent for it names the event. */
async function judge(
  messages: readonly Message[],
  items: Items,
  sent: ReadonlyMap<string, ReadonlySet<string>>,
) {
  const all = items.map((attributes) => fromAttributes(attributes));
  const told = all
    .filter(({ phase }) => phase === 'closed')
    .flatMap(({ pk, group, n, owner }) => {
      const prefix = `snapshot#${String(Number(n)).padStart(8, '0')}#${String(owner)}#`;
      const events = all
        .filter((item) => item.pk === pk && item.sk.startsWith(prefix))
        .flatMap((item) => String(item['events']).split(' '));
      return events.map((event) => ({ event, id: `digest_${String(group)}_${Number(n)}` }));
    });
  const events = messages.flatMap((message) => message.events);
  const placesOf = (event: string) => told.filter((one) => one.event === event);
  const isSent = ({ event, id }: { event: string; id: string }): boolean =>
    [...(sent.get(id) ?? [])].some((text) => text.includes(`<${event}>`));
  return {
    lost: events.filter((event) => !placesOf(event).some(isSent)),
    twice: events.filter((event) => placesOf(event).length > 1),
    changed: [...sent].filter(([, texts]) => texts.size > 1).map(([id]) => id),
  };
}

function count(closings: ReadonlyMap<string, number>): Pick<Race, 'closedTwice' | 'windows'> {
  const closedTwice = [...closings].filter(([, times]) => times > 1).map(([name]) => name);
  return { closedTwice, windows: closings.size };
}
