import type { Telemetry } from '../../lib/core/metrics.ts';
import { keptUntil } from '../../lib/core/retention.ts';
import { now, wait } from '../../lib/platform/clock.ts';
import { readEnv } from '../../lib/platform/env.ts';
import { createCatalogs } from '../../lib/stores/catalog.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { createDynamoClient } from '../../lib/stores/client.ts';
import { createOutcomes } from '../../lib/stores/outcomes.ts';
import { createRecipients } from '../../lib/stores/recipients.ts';
import { createPoison } from '../../lib/stores/poison.ts';
import type { Table } from '../../lib/stores/table.ts';

/** Windows outlive the deliveries they lead to, whose ids are made of their numbers: these begin anew with the group. */
const WINDOW_AHEAD_SECONDS = 14 * 86_400;

/** When a window expires that changes at a time, epoch seconds. */
export function windowTtlAt(nowMs: number, retentionDays?: number): number {
  return keptUntil(nowMs, retentionDays) + WINDOW_AHEAD_SECONDS;
}

/** What the stores of a function stand on: real in AWS, a model in the simulation. */
export interface Ground {
  readonly client: Table['client'];
  readonly tables: { readonly catalog: string; readonly ledger: string; readonly limits: string };
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly telemetry: Telemetry;
}

/** What every consumer of a queue reads and writes. */
export function stateOn({ client, tables, now: clock, wait: pause, telemetry }: Ground) {
  const time = { now: clock };
  const ledger = { client, name: tables.ledger, wait: pause, onUnknown: unknownWrites(telemetry) };
  return {
    ...time,
    wait: pause,
    telemetry,
    ledger,
    catalogTable: { client, name: tables.catalog, wait: pause },
    limitsTable: { client, name: tables.limits, wait: pause },
    catalogs: createCatalogs({ client, table: tables.catalog, ...time }),
    recipients: createRecipients({ client, name: tables.catalog, wait: pause }, time),
    claims: createClaims(ledger),
    outcomes: createOutcomes(ledger, time),
    poison: createPoison(ledger, time),
    ttl: (retentionDays?: number) => keptUntil(clock(), retentionDays),
  };
}

export type State = ReturnType<typeof stateOn>;

/** The state of a deployed function, with the client that watches our clock. */
export function openState(telemetry: Telemetry): State & { readonly skewMs: () => number } {
  const env = readEnv(['catalogTable', 'ledgerTable', 'limitsTable']);
  const { client, skewMs } = createDynamoClient(now);
  const tables = { catalog: env.catalogTable, ledger: env.ledgerTable, limits: env.limitsTable };
  return { ...stateOn({ client, tables, now, wait, telemetry }), skewMs };
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
