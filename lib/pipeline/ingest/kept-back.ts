import { isLive } from '../../core/event-record.ts';
import { hourOf } from '../../core/event.ts';
import type { FanOut, FanOutKey } from '../../core/fan-out.ts';
import { isKeptForATime } from '../../core/hush.ts';
import { isoTime } from '../../core/iso-time.ts';
import { REPEAT_INTERVAL_MS, type Records } from '../../core/repeat.ts';
import { orUnavailable } from './or-unavailable.ts';
import type { IngestDeps, Named } from './work.ts';

/** How alerts are judged that their source repeats for as long as they fire. */
export interface Repeats {
  /** What is repeated within this time is a duplicate, unless everybody was kept from it. */
  readonly withinMs: number;
  readonly readFanOuts: (keys: readonly FanOutKey[]) => Promise<readonly (FanOut | undefined)[]>;
}

/**
 * Identities of alerts that fire on and that a silence or an inhibition kept from everybody when they were last let
 * through: they are let through again as soon as a repeat is no copy, so that people hear when the reason is gone.
 */
export async function keptBack(
  tenant: string,
  named: readonly Named[],
  records: Records,
  atMs: number,
  { withinMs, readFanOuts }: Repeats,
  deps: Pick<IngestDeps, 'telemetry'>,
): Promise<ReadonlySet<string>> {
  const asked = named.flatMap((one) => {
    const head = one.alert?.alert.status === 'firing' ? records.get(one.event.id) : undefined;
    if (!head || !isLive(head, atMs)) return [];
    const { latestId = one.event.id, latestAt = head.at } = head;
    const ageMs = atMs - latestAt;
    const pack = records.get(latestId)?.pack;
    if (ageMs < REPEAT_INTERVAL_MS || ageMs >= withinMs || pack === undefined) return [];
    const time = latestId === one.event.id ? one.event.time : isoTime(latestAt);
    const key = { tenant, topic: one.event.topic, hour: hourOf({ time }), pack };
    return [{ identity: one.event.id, latestId, key }];
  });
  if (asked.length === 0) return new Set();
  const keys = asked.map(({ key }) => key);
  const found = await orUnavailable(() => readFanOuts(keys), 'fan-out records cannot be read', deps, {
    tenant,
  });
  return new Set(
    asked.flatMap(({ identity, latestId }, index) =>
      isKeptForATime(found[index], latestId) ? [identity] : [],
    ),
  );
}
