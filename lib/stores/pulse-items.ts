import { dueAtOf } from '../core/due-entry.ts';
import { PULSE_STATES, type Pulse, type Stop } from '../core/heartbeat.ts';
import { dueKey } from '../core/keys.ts';
import { parseJson } from '../core/parse-json.ts';
import { number, optional, text } from './attributes.ts';
import type { Item } from './table.ts';

/** Tells an entry of a heartbeat from those of deliveries and events. */
export const PULSE_MARK = '!';
/** An item is written anew at each look, and those are as far apart as beats at most. */
const KEPT_SECONDS = 40 * 86_400;

/** Attributes that list a heartbeat in the due index, at the time when the timers look at it. */
export function listed(tenant: string, id: string, atMs: number) {
  const name = `${PULSE_MARK}${id}`;
  const ttl = Math.ceil(atMs / 1_000) + KEPT_SECONDS;
  return { due: dueKey(tenant, name, atMs), dueAt: dueAtOf(tenant, name, atMs), ttl };
}

/** What stands there of an earlier stop says nothing once it is over. */
export function pulseOf(item: Item): Pulse | undefined {
  const state = PULSE_STATES.find((one) => one === item['state']);
  const lastMs = number(item, 'last');
  if (state === undefined || lastMs === undefined) return undefined;
  const isStopped = state === 'late' || state === 'back';
  const stop = isStopped ? stopOf(item, state === 'back') : undefined;
  if (isStopped && !stop) return undefined;
  return {
    state,
    lastMs,
    hasBeaten: item['beaten'] === true,
    ...optional({ sparedMs: number(item, 'spared'), endedMs: number(item, 'ended') }),
    ...(stop && { stop }),
  };
}

function stopOf(item: Item, isOver: boolean): Stop | undefined {
  const [sinceMs, settings] = [number(item, 'since'), text(item, 'settings')];
  if (sinceMs === undefined || settings === undefined) return undefined;
  const endedMs = isOver ? number(item, 'ended') : undefined;
  const atMs = number(item, 'told');
  // 0: what stood there is of an earlier stop.
  const told = !atMs ? undefined : { atMs, repeat: number(item, 'repeats') ?? 0 };
  const before = number(item, 'before') ?? sinceMs;
  return { sinceMs, lastMs: before, heartbeat: parseJson(settings), ...optional({ endedMs, told }) };
}
