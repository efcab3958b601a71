import { buryDeadLetters } from '../lib/pipeline/dead-letters.ts';
import { now, wait } from '../lib/platform/clock.ts';
import { handleQueue } from '../lib/platform/handle.ts';
import { createTelemetry } from '../lib/platform/telemetry.ts';
import { createDead } from '../lib/stores/dead.ts';
import { openState } from './wiring/state.ts';

const telemetry = createTelemetry();
const { catalogs, claims, events, fanOuts, ledger, outcomes, poison, ttl } = openState(telemetry);

const deps = {
  catalog: catalogs.get,
  events,
  read: claims.read,
  markDead: claims.markDead,
  logAttempts: outcomes.log,
  bury: createDead(ledger, { now }),
  record: fanOuts.record,
  poison,
  ttl,
  telemetry,
  now,
  wait,
};

export const handler = handleQueue((records) => buryDeadLetters(records, deps), { telemetry });
