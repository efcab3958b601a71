import type { CatalogEntry } from '../../core/catalog-entry.ts';
import { type Pulse, waitOf } from '../../core/heartbeat.ts';
import { isoTime } from '../../core/iso-time.ts';
import type { CarryOutDeps } from './carry-out.ts';
import { notFound, type Step } from './endpoint.ts';
import type { Entries } from './entries.ts';
import { entryView } from './entry-view.ts';
import { etagHeader } from './precondition.ts';

export interface HeartbeatsDeps {
  readonly entries: Entries & Pick<CarryOutDeps['entries'], 'find'>;
  readonly pulses: {
    readonly read: (tenant: string, ids: readonly string[]) => Promise<ReadonlyMap<string, Pulse>>;
  };
}

interface ArmDeps {
  readonly pulses: {
    readonly arm: (tenant: string, id: string, isNew: boolean) => Promise<void>;
  };
}

/**
 * Entries of a catalog, of which heartbeats are armed: before they are written or removed, because the timers look
 * somewhat later, and put right what a crash has left.
 */
export function armedEntries<E extends Pick<CarryOutDeps['entries'], 'put' | 'remove'>>(
  entries: E,
  { pulses }: ArmDeps,
): E {
  return {
    ...entries,
    async put(tenant, kind, id, body, seen) {
      if (kind === 'heartbeat') await pulses.arm(tenant, id, seen === undefined);
      return await entries.put(tenant, kind, id, body, seen);
    },
    async remove(tenant, kind, id, seen) {
      if (kind === 'heartbeat') await pulses.arm(tenant, id, false);
      return await entries.remove(tenant, kind, id, seen);
    },
  } satisfies Pick<CarryOutDeps['entries'], 'put' | 'remove'>;
}

/** All heartbeats, and how they stand. */
export function listHeartbeats({ entries, pulses }: HeartbeatsDeps): Step {
  return async ({ caller: { tenant } }) => {
    const found = (await entries.list(tenant, 'heartbeat')).filter((entry) => entry.kind === 'heartbeat');
    const known = await pulses.read(
      tenant,
      found.map(({ id }) => id),
    );
    return { status: 200, body: { items: found.map((entry) => viewOf(entry, known.get(entry.id))) } };
  };
}

export function getHeartbeat({ entries, pulses }: HeartbeatsDeps): Step {
  return async ({ caller: { tenant }, params }) => {
    const { id = '' } = params;
    const entry = await entries.find(tenant, 'heartbeat', id);
    if (entry?.kind !== 'heartbeat') throw notFound();
    const pulse = (await pulses.read(tenant, [id])).get(id);
    return { status: 200, headers: etagHeader(entry.etag), body: viewOf(entry, pulse) };
  };
}

/** `back` is a matter between the timers and us: it beats. */
function viewOf(entry: CatalogEntry<'heartbeat'>, pulse: Pulse | undefined): object {
  if (!pulse) return entryView(entry);
  const { state, lastMs, hasBeaten, stop } = pulse;
  return {
    ...entryView(entry),
    state: state === 'late' ? 'late' : 'ok',
    ...(hasBeaten && { lastBeatAt: isoTime(lastMs) }),
    ...(state === 'late' && stop
      ? { lateSince: isoTime(stop.sinceMs) }
      : { lateAt: isoTime(lastMs + waitOf({ ...entry.body, id: entry.id })) }),
  };
}
