import type { Event } from '../../lib/core/event.ts';
import { waitOf } from '../../lib/core/heartbeat.ts';
import { isoTime } from '../../lib/core/iso-time.ts';
import { TABLES } from './functions.ts';
import { type Beat, LONG_MS, type PlannedHeartbeat } from './heartbeats.ts';
import type { DynamoModel } from './model/dynamo.ts';
import type { Write } from './model/table.ts';
import type { Violate } from './violation.ts';

/** What becomes late has not beaten for so long: whoever says so looks at its last beat at that moment. */
export function judgePulseWrite(
  planned: readonly PlannedHeartbeat[],
  { before, after }: Write,
  violate: Violate,
): void {
  if (after?.['sk']?.S !== 'heartbeat' || after['state']?.S !== 'late' || before?.['state']?.S === 'late')
    return;
  const [, tenant, id] = /^T#([^#]+)#O#(.+)$/.exec(after['pk']?.S ?? '') ?? [];
  const own = planned.find((one) => one.tenant === tenant && one.heartbeat.id === id);
  const [lastMs, sinceMs] = [Number(after['last']?.N), Number(after['since']?.N)];
  if (own && lastMs + waitOf(own.heartbeat) > sinceMs)
    violate(
      'falseAlarm',
      `${tenant} ${id} is late since ${isoTime(sinceMs)}, and has beaten at ${isoTime(lastMs)}`,
    );
}

/**
 * Every stop was told once, and so was its end; none was told of what had beaten in time, and each silence that lasted
 * was told. Answers how many stops there were.
 */
export function judgeHeartbeats(
  planned: readonly PlannedHeartbeat[],
  {
    beats,
    startMs,
    skewMs,
  }: { readonly beats: readonly Beat[]; readonly startMs: number; readonly skewMs: number },
  dynamo: DynamoModel,
  violate: Violate,
): number {
  // Clocks show whole milliseconds.
  const offMs = skewMs + 1;
  let count = 0;
  for (const { tenant, heartbeat, goneMs } of planned) {
    const own = beats.filter((one) => one.tenant === tenant && one.id === heartbeat.id);
    const stops = stopsOf(tenant, heartbeat.id, dynamo);
    count += stops.size;
    for (const [since, told] of stops) {
      const name = `${tenant} ${heartbeat.id}, late since ${since}`;
      for (const status of ['firing', 'resolved']) {
        const times = told.filter(({ data }) => data['status'] === status).length;
        if (times !== 1)
          violate(times === 0 ? 'lost' : 'duplicate', `${name}, was told ${status} ${times} times`);
      }
      const sinceMs = Date.parse(since);
      const beat = own.find(
        ({ begunMs, takenMs = Infinity }) =>
          begunMs - offMs > sinceMs - waitOf(heartbeat) && takenMs + offMs < sinceMs,
      );
      if (beat) violate('falseAlarm', `${name}, had beaten at ${isoTime(beat.begunMs)}`);
    }
    const times = [...own.map(({ begunMs }) => begunMs).toSorted((a, b) => a - b), startMs + goneMs];
    for (const [index, untilMs] of times.entries()) {
      const fromMs = times[index - 1] ?? startMs;
      const isTold = [...stops].some(
        ([since, told]) => Date.parse(since) < untilMs && endOf(told) > fromMs + LONG_MS / 2,
      );
      if (untilMs - fromMs >= LONG_MS && !isTold)
        violate(
          'lost',
          `${tenant} ${heartbeat.id} was silent from ${isoTime(fromMs)} on, and nobody was told`,
        );
    }
    judgeAlert(tenant, heartbeat.id, dynamo, violate);
  }
  return count;
}

/** What was told of each stop, by the time from which on it was late. */
function stopsOf(tenant: string, id: string, dynamo: DynamoModel): Map<string, Event[]> {
  const told = dynamo.items(TABLES.ledger).flatMap(({ pk, sk, body }): Event[] => {
    if (sk?.S !== 'event' || body?.S === undefined || !pk?.S?.startsWith(`T#${tenant}#E#`)) return [];
    const event = JSON.parse(body.S) as Event;
    const labels = event.data['labels'] as { readonly heartbeat?: string } | undefined;
    // Steps of an escalation tell of it in their own way.
    return event.source === 'heartbeat' && !event.to && labels?.heartbeat === id ? [event] : [];
  });
  return Map.groupBy(told, ({ data }) => String(data['startsAt']));
}

function endOf(told: readonly Event[]): number {
  return Math.max(...told.map(({ data }) => Date.parse(String(data['endsAt'])) || 0));
}

/** In the end nothing is known to fire. */
function judgeAlert(tenant: string, id: string, dynamo: DynamoModel, violate: Violate): void {
  for (const { pk, sk, body } of dynamo.items(TABLES.ledger)) {
    const isOwn = pk?.S?.startsWith(`T#${tenant}#A#`) && sk?.S?.startsWith('alert#');
    const isFiring = body?.S?.includes('"status":"firing"') && body.S.includes(`"heartbeat":"${id}"`);
    if (isOwn && isFiring) violate('stuck', `the alert of ${tenant} ${id} fires for ever`);
  }
}
