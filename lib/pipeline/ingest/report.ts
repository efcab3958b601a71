import type { Telemetry } from '../../core/metrics.ts';
import type { Receipt } from '../ingest.ts';

export interface Reported {
  readonly tenant: string;
  readonly receipts: readonly Receipt[];
  readonly route: string;
  readonly requestId: string;
}

/** Ids of one log line; a post of a thousand alerts would pass the 256 KiB of a log event's field. */
const MAX_IDS = 100;

/** One line and three counts per post. */
export function report(
  { tenant, receipts, route, requestId }: Reported,
  { telemetry }: { telemetry: Telemetry },
): void {
  const count = (kind: Receipt['kind']): number => receipts.filter((receipt) => receipt.kind === kind).length;
  const [accepted, duplicate, refused, neverFiring] = [
    count('accepted'),
    count('duplicate'),
    count('refused'),
    count('neverFiring'),
  ];
  if (accepted > 0) telemetry.add('EventsAccepted', accepted);
  if (duplicate > 0) telemetry.add('EventsDuplicate', duplicate);
  if (refused > 0) telemetry.add('EventsRefused', refused);
  const ids = receipts
    .flatMap((receipt) => (receipt.kind === 'accepted' ? [receipt.id] : []))
    .slice(0, MAX_IDS);
  const reason = receipts.find((receipt) => receipt.kind === 'refused')?.problem.slug;
  telemetry.log(reason === 'unavailable' ? 'error' : 'info', 'posted', {
    tenant,
    route,
    requestId,
    count: receipts.length,
    counts: { accepted, duplicate, refused, neverFiring },
    ids,
    reason,
  });
}
