import type { EventPack } from '../../core/message.ts';
import { forEach } from '../each.ts';
import type { Read } from '../read.ts';
import type { Telemetry } from '../../core/metrics.ts';

interface EventRef {
  readonly tenant: string;
  readonly event: string;
}

export interface TakeDeps {
  readonly schedule: {
    /** Takes events out of the schedule; who has cancelled one was first. */
    readonly take: (refs: readonly EventRef[]) => Promise<readonly ('taken' | 'cancelled' | 'unknown')[]>;
  };
  readonly telemetry: Telemetry;
}

/**
 * Takes what was scheduled out of the schedule, before anything is made of it, and drops what was cancelled. From then
 * on an event cannot be cancelled any more. Packs of which that is not known are left out: they come again.
 */
export async function takeScheduled(
  packs: readonly Read<EventPack>[],
  deps: TakeDeps,
): Promise<Read<EventPack>[]> {
  return (
    await forEach(packs, (read) => take(read, deps), 'events cannot be taken out of the schedule', deps)
  ).flat();
}

async function take(read: Read<EventPack>, { schedule }: TakeDeps): Promise<Read<EventPack>[]> {
  const { tenant, items } = read.message;
  const ids = [...new Set(items.filter((event) => event.scheduledAt !== undefined).map(({ id }) => id))];
  if (ids.length === 0) return [read];
  const taken = await schedule.take(ids.map((event) => ({ tenant, event })));
  if (taken.includes('unknown')) return [];
  const cancelled = new Set(ids.filter((_, index) => taken[index] === 'cancelled'));
  if (cancelled.size === 0) return [read];
  return [{ ...read, message: { ...read.message, items: items.filter(({ id }) => !cancelled.has(id)) } }];
}
