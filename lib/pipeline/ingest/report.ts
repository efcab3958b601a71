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
  const counts: Record<Receipt['kind'], number> = { accepted: 0, duplicate: 0, refused: 0, neverFiring: 0 };
  const ids: string[] = [];
  for (const receipt of receipts) {
    counts[receipt.kind]++;
    if (receipt.kind === 'accepted' && ids.length < MAX_IDS) ids.push(receipt.id);
  }
  if (counts.accepted > 0) telemetry.add('EventsAccepted', counts.accepted);
  if (counts.duplicate > 0) telemetry.add('EventsDuplicate', counts.duplicate);
  if (counts.refused > 0) telemetry.add('EventsRefused', counts.refused);
  const reason = receipts.find((receipt) => receipt.kind === 'refused')?.problem.slug;
  telemetry.log(reason === 'unavailable' ? 'error' : 'info', 'posted', {
    tenant,
    route,
    requestId,
    count: receipts.length,
    counts,
    ids,
    reason,
  });
}
