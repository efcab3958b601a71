import type { EscalationState } from '../../core/escalation.ts';
import type { Event } from '../../core/event.ts';
import type { EventPack } from '../../core/message.ts';
import type { Telemetry } from '../../core/metrics.ts';
import { forEach } from '../each.ts';
import type { Read } from '../read.ts';

interface EventRef {
  readonly tenant: string;
  readonly event: string;
}

export interface TakeDeps {
  readonly schedule: {
    /** Takes events out of the schedule; who has cancelled one was first. */
    readonly take: (refs: readonly EventRef[]) => Promise<readonly ('taken' | 'cancelled' | 'unknown')[]>;
    readonly cancel: (ref: EventRef) => Promise<'cancelled' | 'over' | 'missing' | 'unknown'>;
  };
  readonly escalations: {
    readonly read: (
      tenant: string,
      incidents: readonly string[],
    ) => Promise<ReadonlyMap<string, EscalationState>>;
  };
  readonly telemetry: Telemetry;
}

/**
 * Takes what was scheduled out of the schedule, before anything is made of it, and drops what was cancelled: by
 * somebody, or because it is the step of an escalation whose incident is open no more. From then on an event cannot be
 * cancelled any more. Packs of which that is not known are left out: they come again.
 */
export async function takeScheduled(
  packs: readonly Read<EventPack>[],
  deps: TakeDeps,
): Promise<Read<EventPack>[]> {
  return (
    await forEach(packs, (read) => take(read, deps), 'events cannot be taken out of the schedule', deps)
  ).flat();
}

async function take(read: Read<EventPack>, deps: TakeDeps): Promise<Read<EventPack>[]> {
  const { tenant, items } = read.message;
  const held = items.filter((event) => event.scheduledAt !== undefined);
  if (held.length === 0) return [read];
  const pointless = await cancelPointless(tenant, held, deps);
  const ids = [...new Set(held.map(({ id }) => id))];
  const taken = await deps.schedule.take(ids.map((event) => ({ tenant, event })));
  if (taken.includes('unknown')) return [];
  const cancelled = new Set(ids.filter((_, index) => taken[index] === 'cancelled'));
  const left = items.filter(
    (event) => !cancelled.has(event.id) && !(event.failsOver && pointless.has(event.id)),
  );
  return left.length === items.length ? [read] : [{ ...read, message: { ...read.message, items: left } }];
}

/**
 * Answers the steps of incidents that are open no more. One that was taken before goes its way all the same, as it may
 * have been sent; but nobody else need hear of it.
 */
async function cancelPointless(
  tenant: string,
  held: readonly Event[],
  { escalations, schedule }: TakeDeps,
): Promise<ReadonlySet<string>> {
  const steps = held.flatMap(({ id, escalates }) => (escalates ? [{ id, ...escalates }] : []));
  if (steps.length === 0) return new Set();
  const known = await escalations.read(tenant, [...new Set(steps.map(({ incident }) => incident))]);
  const isOpen = ({ incident, opener }: (typeof steps)[number]): boolean => {
    const now = known.get(incident);
    return now?.state === 'open' && now.opener === opener;
  };
  const pointless = steps.filter((step) => !isOpen(step));
  await Promise.all(pointless.map(({ id }) => schedule.cancel({ tenant, event: id })));
  return new Set(pointless.map(({ id }) => id));
}
