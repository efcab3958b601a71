import type { Destination } from '../../lib/core/catalog.ts';
import type { Draft } from '../../lib/core/event-input.ts';
import { isoTime } from '../../lib/core/iso-time.ts';
import type { PlannedPost } from './scenario.ts';
import type { Random } from './random.ts';

/** What an alert's notification says: which alert, and the how manieth of its states. */
export interface Saying {
  readonly name: string;
  readonly order: number;
}

/** A state of an alert, as its source sends it. */
export interface AlertState {
  readonly name: string;
  /** Grows with its states; a firing that is sent again with other words has that of the first. */
  readonly order: number;
  readonly status: 'firing' | 'resolved';
  /** After the start. */
  readonly startsAtMs: number;
  readonly endsAtMs?: number;
}

/** All alerts begin within this. */
const BEGIN_MS = 30_000;
/** Waits between two states: less than a send takes, or so long that the one before is done. */
const GAPS_MS = [60, 400, 3_000, 30_000];
/** A source sends its states in any order, if they lie close together. */
const LATE_MS = 2_000;

/** The event of an alert's state; the start is that of the simulation. */
export function draftOf(
  tenant: string,
  { name, order, status, startsAtMs, endsAtMs }: AlertState,
  startMs: number,
): Draft {
  return {
    topic: 'alert.disk',
    dedupeKey: name,
    data: {
      title: `${tenant} alert ${name} ${order}`,
      status,
      key: name,
      startsAt: isoTime(Math.floor(startMs + startsAtMs)),
      ...(endsAtMs !== undefined && { endsAt: isoTime(Math.floor(startMs + endsAtMs)) }),
    },
  };
}

export function readSaying(title: string): Saying | undefined {
  const [, name, order] = / alert (\w+) (\d+)$/.exec(title) ?? [];
  return name === undefined ? undefined : { name, order: Number(order) };
}

/** Alerts that fire, change, end and fire again. */
export function drawAlerts(tenant: string, random: Random, startMs: number): PlannedPost[] {
  const names = ['disk', 'load'].slice(0, random.whole(1, 2));
  return names.flatMap((name) =>
    drawStates(name, random).map((state, index): PlannedPost => {
      const draft: Draft = {
        ...draftOf(tenant, state, startMs),
        id: `${name}-${index}`,
        ...(random.chance(0.3) && { lane: 'urgent' as const }),
      };
      const atMs = (state.endsAtMs ?? state.startsAtMs) + random.between(0, LATE_MS);
      return { atMs, post: { tenant, items: [{ ok: true, draft }] } };
    }),
  );
}

function drawStates(name: string, random: Random): AlertState[] {
  const states: AlertState[] = [];
  let [order, startsAtMs] = [0, random.between(0, BEGIN_MS)];
  let nowMs = startsAtMs;
  for (let left = random.whole(2, 6); left > 0; left--) {
    const isFiring = states.at(-1)?.status === 'firing';
    if (isFiring && random.chance(0.7))
      states.push({ name, order: ++order, status: 'resolved', startsAtMs, endsAtMs: nowMs });
    else {
      if (!isFiring) [order, startsAtMs] = [order + 1, nowMs];
      states.push({ name, order, status: 'firing', startsAtMs });
    }
    nowMs += random.pick(GAPS_MS) * random.between(0.5, 1.5);
  }
  return states;
}

/** Some of the destinations can change their messages; to the others what is old would undo what is newer. */
export function withEdits(destinations: readonly Destination[], random: Random): Destination[] {
  return destinations.map((one) =>
    random.chance(0.6) ? { ...one, settings: { ...one.settings, edits: true } } : one,
  );
}
