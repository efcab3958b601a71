import type { Context } from 'aws-lambda';
import type { Message } from './local-deliver.ts';

/*
 * One invocation of the deliver function in a process of its own, which may be killed. Its parent sends it records
 * and how far its clock is ahead, and is sent the ids of the messages that come again.
 */

process.once('message', (work: { readonly Records: readonly Message[]; readonly aheadMs: number }) => {
  const { now } = Date;
  Date.now = () => now() + work.aheadMs;
  void invoke(work.Records);
});

async function invoke(Records: readonly Message[]): Promise<void> {
  const { handler } = await import('../../functions/deliver.ts');
  const context = { awsRequestId: 'lambda-1', getRemainingTimeInMillis: () => 30_000 } as Context;
  const { batchItemFailures } = await handler({ Records }, context);
  process.send?.(
    batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
    () => process.exit(),
  );
}
