import { join } from 'node:path';
import { startDynamo } from './dynamo.ts';
import { type QueueEngine, type TableEngine, connectQueues, connectTables } from './engines.ts';
import { startSqs } from './sqs.ts';
import type { StackModel } from './stack-model.ts';
import type { LocalStackOptions } from './stack-options.ts';
import type { Stoppables } from './stoppables.ts';

/** What every part of a starting stack stands on. */
export interface Ground {
  readonly parts: Stoppables;
  /** Folder of the data; absent: in memory. */
  readonly data: string | undefined;
}

/** Tables: engines that run already, or a program of our own. */
export async function startTables(
  { engine, engines }: LocalStackOptions,
  { parts, data }: Ground,
): Promise<TableEngine> {
  if (engines) return connectTables(engines);
  const dynamo = await startDynamo({ dir: data && join(data, 'dynamodb'), engine });
  parts.add(dynamo.close);
  return dynamo;
}

/** Queues: engines that run already, or in this process. */
export async function startQueues(
  { engines }: LocalStackOptions,
  { parts, data }: Ground,
  { queues }: StackModel,
): Promise<QueueEngine> {
  if (engines) return connectQueues(engines);
  const sqs = await startSqs({ queues, dir: data && join(data, 'sqs') });
  parts.add(sqs.close);
  return sqs;
}
