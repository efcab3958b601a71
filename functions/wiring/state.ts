import type { Telemetry } from '../../lib/core/metrics.ts';
import { now, wait } from '../../lib/platform/clock.ts';
import { readEnv } from '../../lib/platform/env.ts';
import { createCatalogs } from '../../lib/stores/catalog.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { createDynamoClient } from '../../lib/stores/client.ts';
import { createEvents } from '../../lib/stores/events.ts';
import { createFanOuts } from '../../lib/stores/fan-outs.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { createPoison } from '../../lib/stores/poison.ts';

/** How long claims, completions and outcomes are kept. */
const TTL_SECONDS = 30 * 86_400;

/** When what is written to the ledger now expires, epoch seconds. */
export function ttl(): number {
  return Math.ceil(now() / 1000) + TTL_SECONDS;
}

/** What every consumer of a queue reads and writes. */
export function openState(telemetry: Telemetry) {
  const env = readEnv(['catalogTable', 'ledgerTable', 'limitsTable']);
  const { client, skewMs } = createDynamoClient(now);
  const ledger = { client, name: env.ledgerTable, wait, onUnknown: unknownWrites(telemetry) };
  return {
    client,
    skewMs,
    ledger,
    catalogTable: { client, name: env.catalogTable, wait },
    limits: { client, name: env.limitsTable, wait },
    catalogs: createCatalogs({ client, table: env.catalogTable, now }),
    claims: createClaims(ledger),
    events: createEvents(ledger),
    fanOuts: createFanOuts(ledger, { now }),
    outcomes: createOutcomes(ledger, { now }),
    poison: createPoison(ledger, { now }),
    ttl,
  };
}

/** Says of writes whose fate nobody knows what the table answered: throttled, denied, unreachable. */
export function unknownWrites(telemetry: Telemetry): (codes: readonly string[]) => void {
  return (codes) =>
    telemetry.log('error', 'writes may not have been applied', {
      count: codes.length,
      detail: [...new Set(codes)].join(', '),
    });
}

/** The deliver queues by lane, from the environment, as the stack wrote them. */
export function readQueues(json: string): Readonly<Record<string, string>> {
  return JSON.parse(json);
}
