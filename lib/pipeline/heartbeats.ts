import type { AlertState } from '../core/alert-state.ts';
import type { Catalog } from '../core/catalog.ts';
import type { DueEntry } from '../core/due-entry.ts';
import { type Event, LANES, hourOf } from '../core/event.ts';
import type { FanOut, FanOutKey } from '../core/fan-out.ts';
import type { Heartbeat, Pulse, Stop } from '../core/heartbeat.ts';
import { endEvent, endOf, firingEvent, firingOf, knownOf } from '../core/heartbeat-alert.ts';
import { type HeartbeatStep, stepOf } from '../core/heartbeat-step.ts';
import { isKeptForATime } from '../core/hush.ts';
import type { Telemetry } from '../core/metrics.ts';
import { type TermsOf, compileTerms } from '../core/terms.ts';
import type { Written } from '../core/written.ts';
import { toError } from './each.ts';
import { enqueueOwn } from './own-events.ts';
import type { Enqueue } from './queues.ts';

interface DuePulse {
  readonly entry: DueEntry;
  readonly id: string;
  readonly dueMs: number;
  readonly pulse: Pulse;
}

export interface HeartbeatDeps {
  readonly pulses: {
    readonly due: (entries: readonly DueEntry[]) => Promise<readonly DuePulse[]>;
    /** Unless it has beaten or was moved meanwhile. */
    readonly note: (due: DuePulse, step: HeartbeatStep) => Promise<Written>;
    readonly postpone: (due: DuePulse, byMs: number) => Promise<Written>;
  };
  /** As it stands, not as a snapshot has it. */
  readonly findHeartbeat: (tenant: string, id: string) => Promise<Heartbeat | undefined>;
  readonly catalog: (tenant: string) => Promise<Pick<Catalog, 'topics'>>;
  readonly readFanOuts: (keys: readonly FanOutKey[]) => Promise<readonly (FanOut | undefined)[]>;
  /** Whether what is known of an alert is written. */
  readonly setAlert: (tenant: string, state: AlertState) => Promise<boolean>;
  readonly enqueue: Enqueue;
  readonly eventQueues: { readonly normal: string; readonly urgent: string };
  readonly telemetry: Telemetry;
  readonly now: () => number;
}

/** A heartbeat that beats all the time may win some races against its note, one after the other. */
const TRIES = 5;
const AGAIN_MS = 60_000;

/** Looks after the heartbeats among what is due; whether that was all of it. */
export async function watchHeartbeats(entries: readonly DueEntry[], deps: HeartbeatDeps): Promise<boolean> {
  const due = await deps.pulses.due(entries);
  return (await Promise.all(due.map((one) => watch(one, deps)))).every(Boolean);
}

/** What cannot be told now is left for a minute, so that it holds up nobody else's timers. */
async function watch(found: DuePulse, deps: HeartbeatDeps): Promise<boolean> {
  const { tenant } = found.entry;
  try {
    let due: DuePulse | undefined = found;
    for (let tries = 0; due && tries < TRIES; tries++) {
      const done = await stepOn(due, deps);
      if (done === 'done') return true;
      if (done === 'failed') break;
      [due] = await deps.pulses.due([found.entry]);
    }
    if (!due) return true;
  } catch (error) {
    deps.telemetry.log('error', 'a heartbeat cannot be looked after', { tenant, error: toError(error) });
  }
  return (await deps.pulses.postpone(found, AGAIN_MS)).kind !== 'unknown';
}

async function stepOn(due: DuePulse, deps: HeartbeatDeps): Promise<'done' | 'again' | 'failed'> {
  const { entry, id, dueMs, pulse } = due;
  const heartbeat = await deps.findHeartbeat(entry.tenant, id);
  const nowMs = deps.now();
  const planned = stepOf(pulse, heartbeat, dueMs, nowMs);
  const step = planned.tell ? await tell(entry.tenant, planned, nowMs, deps) : planned;
  const written = step && (await deps.pulses.note(due, step));
  if (!written || written.kind === 'unknown') return 'failed';
  return written.kind === 'conflict' || planned.look === 'now' ? 'again' : 'done';
}

/** Tells what a step has to tell; answers it as it is to be noted, unless something of it is not safe. */
async function tell(
  tenant: string,
  step: HeartbeatStep,
  nowMs: number,
  deps: HeartbeatDeps,
): Promise<HeartbeatStep | undefined> {
  const { what, stop } = step.tell!;
  const termsOf = compileTerms((await deps.catalog(tenant)).topics);
  const begun = { atMs: nowMs, repeat: 0 };
  if (what === 'again') {
    const told = await toldAgain(tenant, stop, nowMs, termsOf, deps);
    const again = { ...stop, told: told ?? stop.told! };
    const events = told ? [firingEvent(again, told, termsOf)] : [];
    const isSafe = await send(tenant, events, knownOf(firingOf(stop), nowMs), deps);
    return isSafe ? { ...step, next: { ...step.next, stop: again } } : undefined;
  }
  const isEnd = what !== 'stop';
  const events = [
    ...(what === 'end' ? [] : [firingEvent(stop, stop.told ?? begun, termsOf)]),
    ...(isEnd ? [endEvent(stop, nowMs, termsOf)] : []),
  ];
  const alert = isEnd ? endOf(stop) : firingOf(stop);
  return (await send(tenant, events, knownOf(alert, nowMs), deps)) ? step : undefined;
}

/** When everybody was kept from the last telling by what ends: by then another one may be heard. */
async function toldAgain(
  tenant: string,
  stop: Stop,
  nowMs: number,
  termsOf: TermsOf,
  { readFanOuts }: HeartbeatDeps,
) {
  const told = stop.told!;
  const last = firingEvent(stop, told, termsOf);
  const [record] = await readFanOuts([{ tenant, topic: last.topic, hour: hourOf(last), pack: last.id }]);
  return isKeptForATime(record, last.id) ? { atMs: nowMs, repeat: told.repeat + 1 } : undefined;
}

/** Events first: of what nobody can be told nobody is to know. */
async function send(
  tenant: string,
  events: readonly Event[],
  known: AlertState,
  { eventQueues, enqueue, setAlert }: HeartbeatDeps,
): Promise<boolean> {
  for (const lane of LANES) {
    const own = events.filter((event) => event.lane === lane);
    if (!(await enqueueOwn(tenant, own, { queue: eventQueues[lane], enqueue }))) return false;
  }
  return await setAlert(tenant, known);
}
