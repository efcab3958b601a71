import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { ClaimWrite } from '../../../lib/core/claim.ts';
import { createClaims } from '../../../lib/stores/claims.ts';
import { stub } from '../../headline/stub.ts';
import { CONTEXT, TENANT } from '../../headline/work.ts';
import { openWorld } from '../../headline/world.ts';
import { NAIVE_TABLES } from '../../naive/tables.ts';
import type { Bench } from '../bench.ts';
import { callsOf } from '../calls.ts';

const BATCH = 10;

/** Something new is written down, once: a delivery is claimed. */
export const store: readonly Bench[] = [
  {
    name: 'store/append',
    rows: 'B24',
    about: 'a delivery claimed in a call of ten, answered in the process',
    seed: '~3 M/s, 350 ns; measured 606 ns, 464 B',
    flaw: 'the source appends to a slice in memory',
    async open({ receiver }) {
      const { fanfare, close } = await openWorld(receiver);
      stub(fanfare.client);
      const claim = claiming(fanfare);
      return { cases: { '': { check: async () => (await claim()) === BATCH, run: claim } }, close };
    },
  },
  {
    name: 'store/append-dynamodb',
    rows: 'B24',
    about: 'the same on the local emulator; Powertools idempotency: a record in progress and completed',
    async open({ receiver }) {
      const { fanfare, naive, close } = await openWorld(receiver);
      const calls = callsOf([fanfare.client, naive.dynamo]);
      const claim = claiming(fanfare);
      let n = 0;
      const config = new IdempotencyConfig({ eventKeyJmesPath: 'id' });
      config.registerLambdaContext(CONTEXT);
      const once = makeIdempotent(async (delivery: { readonly id: string }) => ({ id: delivery.id }), {
        persistenceStore: new DynamoDBPersistenceLayer({
          tableName: NAIVE_TABLES.idempotency.name,
          awsSdkV3Client: naive.dynamo,
        }),
        config,
      });
      const next = () => once({ id: `delivery-${n++}` });
      return {
        cases: {
          '': {
            waits: true,
            check: async () => (await claim()) === BATCH,
            run: claim,
            counters: async () => ({ calls: (await calls.during(claim)) / BATCH }),
          },
          'powertools-idempotency': {
            waits: true,
            rivalOf: '',
            check: async () => (await next()).id !== '',
            run: async () => (await next(), 1),
            also: async () => ({ calls: await calls.during(next) }),
          },
        },
        close,
      };
    },
  },
];

/** Claims ten new deliveries in a call; answers how many were written. */
function claiming({
  client,
  tables,
}: Awaited<ReturnType<typeof openWorld>>['fanfare']): () => Promise<number> {
  const claims = createClaims({ client, name: tables.ledger, wait: async () => {} });
  let n = 0;
  return async () => {
    const writes = Array.from({ length: BATCH }, (_, i): ClaimWrite => ({
      kind: 'insert',
      ref: { tenant: TENANT, event: `evt_${n++}`, destination: 'one' },
      own: { owner: 'batch', k: 0, i, attempt: 1, leaseUntil: Date.now() + 60_000, ttl: 4_000_000_000 },
    }));
    const written = await claims.claim(writes);
    return written.filter(({ kind }) => kind === 'written').length;
  };
}
