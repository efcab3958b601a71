import { type Catalog, baseOf } from '../../core/catalog.ts';
import type { Event } from '../../core/event.ts';
import { holdWithoutRule } from '../../core/hold.ts';
import { type MemberOptions, memberOf } from '../../core/member.ts';
import type { Notification } from '../../core/notification.ts';
import type { RouteMatch } from '../../core/route.ts';
import { rulesAt } from '../../core/rules.ts';
import type { Held } from './seat.ts';

interface Waiting {
  readonly event: Event;
  readonly destination: string;
  readonly match: RouteMatch | undefined;
  readonly notification: Notification;
  readonly options: MemberOptions;
}

/** A delivery that waits by the rules of now: once it is held, its pointer says where. */
export function heldOf(
  tenant: string,
  { event, destination, match, notification, options }: Waiting,
  catalog: Catalog,
  since: number,
): Omit<Held, 'source'> {
  const rule = match && rulesAt(catalog, since).holdOf(tenant, event, match, destination);
  return {
    ref: { tenant, event: event.id, destination },
    hold: rule ?? holdWithoutRule(tenant, destination),
    member: memberOf(event, notification, options),
    channel: baseOf(catalog, destination)?.channel,
    since,
  };
}
