import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeliverDeps } from '../../lib/pipeline/deliver.ts';
import type { Reply } from '../../lib/core/outcome.ts';
import { createClaims } from '../../lib/stores/claims.ts';
import { catalogOf, destination, ok, record, status, toRecord, useRigs } from './rig.ts';

const newRig = useRigs();
type Rig = Awaited<ReturnType<typeof newRig>>;

const broken = () => Promise.reject(new Error('told to fail'));
const unknown = async (writes: readonly unknown[]) =>
  writes.map(() => ({ kind: 'unknown', code: 'x' }) as const);

/** All that a batch asks of the outside, each failing in its own way. */
const FAILURES: Record<string, (rig: Rig) => Partial<DeliverDeps>> = {
  catalog: () => ({ catalog: broken }),
  settings: () => ({ open: broken }),
  slots: (rig) => ({ limits: { ...rig.newLimits(), book: broken } }),
  look: (rig) => ({ limits: { ...rig.newLimits(), peek: broken } }),
  scopes: (rig) => ({ limits: { ...rig.newLimits(), push: broken, report: broken, standInLine: broken } }),
  claims: (rig) => ({ claims: { ...createClaims(rig.ledger), claim: unknown } }),
  conflicts: (rig) => ({ claims: { ...createClaims(rig.ledger), read: broken } }),
  completions: () => ({ complete: broken }),
  outcomes: () => ({ outcomes: { write: unknown, log: unknown } }),
  attempts: () => ({ logAttempts: unknown }),
  marks: () => ({ markDead: unknown }),
  poison: () => ({ poison: broken }),
  queue: () => ({ enqueue: broken }),
  refused: () => ({ enqueue: async (_, list) => ({ failed: [...list.keys()] }) }),
  visibility: () => ({ extend: broken }),
  disable: () => ({ disable: broken }),
};

const messages = fc.array(
  fc.oneof(
    // Few names, so that messages meet in a delivery.
    fc
      .record({
        events: fc.array(
          fc.nat(12).map((n) => `e${n}`),
          { minLength: 1, maxLength: 3 },
        ),
        n: fc.integer({ min: 1, max: 5 }),
      })
      .chain(({ events, n }) =>
        fc
          .constantFrom('ops', 'dev', 'nobody')
          .map((to) => record([...new Set(events)], { n, destination: to })),
      ),
    fc.constantFrom('', '{', '{"v":0}', '{"v":99,"kind":"deliveries"}', '[]').map(toRecord),
  ),
  { minLength: 1, maxLength: 10 },
);

test('whatever a batch holds and whatever fails, it reports messages it was given, each once, and never throws', async () => {
  const rig = await newRig();
  rig.catalog = catalogOf(destination('ops'), destination('dev', { rate: { limit: 50, perMs: 1_000 } }));
  const reset: Reply = { kind: 'failure', reason: 'network', started: true, detail: 'reset' };
  const replies = fc.constantFrom(ok, reset, status(500), status(429), status(410), status(400));
  await fc.assert(
    fc.asyncProperty(
      messages,
      fc.subarray(Object.keys(FAILURES)),
      replies,
      async (records, failing, reply) => {
        rig.reply = () => reply;
        // Leases of earlier runs are over.
        rig.clock.ms += 60_000;
        const deps = Object.assign(
          {},
          ...failing.map((name) => FAILURES[name]?.(rig)),
        ) as Partial<DeliverDeps>;
        const failed = await rig.run(records, deps);
        const given = new Set(records.map(({ messageId }) => messageId));
        expect(failed.filter((id) => !given.has(id))).toEqual([]);
        expect(failed).toHaveLength(new Set(failed).size);
      },
    ),
    { numRuns: 150 },
  );
});

test.each([
  ['claims', []],
  ['catalog', ['queue']],
  ['settings', ['refused']],
  ['slots', []],
  ['completions', []],
])('a batch of which nothing succeeds (%s, %j) is reported as a whole', async (name, more) => {
  const rig = await newRig();
  rig.catalog = catalogOf(destination('ops', { rate: { limit: 50, perMs: 1_000 } }));
  const records = Array.from({ length: 10 }, (_, n) => record([`e${n}`]));
  const deps = Object.assign(
    {},
    ...[name, ...more].map((one) => FAILURES[one]?.(rig)),
  ) as Partial<DeliverDeps>;
  expect((await rig.run(records, deps)).toSorted()).toEqual(
    records.map(({ messageId }) => messageId).toSorted(),
  );
});
