import { writeEvent } from '../../core/event-text.ts';
import { minuteOf } from '../../core/keys.ts';
import { quotaPeriodMs } from '../../core/quota.ts';
import { type BookDeps, tryToBook } from './quota.ts';
import type { Fresh, IngestDeps } from './work.ts';

/** Urgent events a second of a tenant whose key says nothing else. */
const DEFAULT_PER_SECOND = 10;
/** Events of a tenant in a minute and a function that cost no call: urgent ones are rare as long as they are urgent. */
const FREE = 10;

/**
 * What urgent events of a tenant may use of the lane that all tenants share; whether they may is answered per
 * post. A whole post may exceed the quota of an idle tenant; what follows then waits until that is paid off. A
 * quota that cannot be looked at stops nobody.
 */
export function createUrgentQuota(deps: BookDeps): IngestDeps['takeUrgent'] {
  let minute = 0;
  const used = new Map<string, number>();

  return async (tenant, count, perSecond = DEFAULT_PER_SECOND) => {
    const current = minuteOf(deps.now());
    if (current !== minute) used.clear();
    minute = current;
    const total = (used.get(tenant) ?? 0) + count;
    used.set(tenant, total);
    if (total <= FREE) return true;
    const scope = { tenant, id: 'urgent', periodMs: quotaPeriodMs(perSecond) };
    return (await tryToBook(scope, count, deps))?.kind !== 'full';
  };
}

/** Beyond the quota urgent events travel with the normal ones: they are late, but they are not refused. */
export async function withinQuota(
  tenant: string,
  fresh: readonly Fresh[],
  perSecond: number | undefined,
  { takeUrgent, telemetry }: Pick<IngestDeps, 'takeUrgent' | 'telemetry'>,
): Promise<readonly Fresh[]> {
  const count = fresh.filter(({ event }) => event.lane === 'urgent').length;
  if (count === 0 || (await takeUrgent(tenant, count, perSecond))) return fresh;
  telemetry.add('UrgentSlowed', count);
  telemetry.log('warn', 'urgent events beyond the quota', { tenant, count });
  return fresh.map((one) => ({ ...one, ...writeEvent({ ...one.event, lane: 'normal' }) }));
}
