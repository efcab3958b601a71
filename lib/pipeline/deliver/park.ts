import type { Catalog, Destination } from '../../core/catalog.ts';
import type { Delivery } from '../../core/delivery.ts';
import { OPERATOR, type Pause, isPaused } from '../../core/pause.ts';
import type { OutcomeWrite } from '../../core/outcome-write.ts';

export interface ParkDeps {
  readonly catalog: (tenant: string) => Promise<Catalog>;
  /** Notes that something may be parked for a destination: the timers look after what is noted. */
  readonly noteLot: (tenant: string, destination: string) => Promise<void>;
}

/**
 * Whether deliveries to a destination are parked now. The note is safe before anything is parked, or nobody
 * would come back for it; throws when it cannot be written.
 */
export async function isParking(
  tenant: string,
  destination: Destination,
  { catalog, noteLot }: ParkDeps,
): Promise<boolean> {
  if (!(await isPausedNow(tenant, destination, { catalog }))) return false;
  await noteLot(tenant, destination.id);
  return true;
}

/** Paused by its tenant, or by whoever runs the stack. */
export async function isPausedNow(
  tenant: string,
  destination: Pick<Destination, 'id' | 'channel'>,
  { catalog }: Pick<ParkDeps, 'catalog'>,
): Promise<boolean> {
  return isPaused(await pausesFor(tenant, { catalog }), destination);
}

/** What may hold up destinations of a tenant, or has done so lately: its own pauses, and those of whoever runs the stack. */
export async function pausesFor(
  tenant: string,
  { catalog }: Pick<ParkDeps, 'catalog'>,
): Promise<readonly Pause[]> {
  const [own, all] = await Promise.all([catalog(tenant), catalog(OPERATOR)]);
  return [...own.pauses, ...all.pauses];
}

/** What is written of a parked delivery: no attempt is used up, and all that its sending needs is kept. */
export function parkedAs({
  n,
  notification,
}: Delivery): Pick<OutcomeWrite, 'state' | 'attempt' | 'reason' | 'content' | 'parked'> {
  return { state: 'held', attempt: n - 1, reason: 'paused', content: notification, parked: true };
}
