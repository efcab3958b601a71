import { mkdirSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
// fauxqs' public API binds every interface when it persists, and loses everything when it does not. These are
// its own parts, wired the third way; a test pins the version.
import { buildApp } from '../../node_modules/fauxqs/dist/app.js';
import { PersistenceManager } from '../../node_modules/fauxqs/dist/persistence.js';
import { S3Store } from '../../node_modules/fauxqs/dist/s3/s3Store.js';
import { SnsStore } from '../../node_modules/fauxqs/dist/sns/snsStore.js';
import { SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
import { REGION, queueArn, queueUrl } from './aws-names.ts';
import type { QueueEngine } from './engines.ts';
import type { QueueSpec } from './stack-model.ts';

/** A running SQS on a loopback port of its own. */
export interface Sqs extends QueueEngine {
  /** Messages of a queue by state, for people and tests. */
  readonly depth: (queue: string) => QueueDepth;
  readonly close: () => Promise<void>;
}

export interface QueueDepth {
  readonly ready: number;
  readonly delayed: number;
  readonly inFlight: number;
}

export interface SqsOptions {
  readonly queues: readonly QueueSpec[];
  /** Folder of the data; absent: in memory. */
  readonly dir?: string | undefined;
}

/**
 * Starts SQS. Every accepted message is in SQLite before the answer goes out. Messages that were in flight
 * when the last process ended are ready again: their consumers died with it.
 */
export async function startSqs({ queues, dir }: SqsOptions): Promise<Sqs> {
  const sqsStore = new SqsStore();
  sqsStore.region = REGION;
  const disk = dir === undefined ? undefined : new Disk(dir);
  if (disk) {
    disk.loadSqsAndSns(sqsStore, new SnsStore());
    sqsStore.persistence = disk;
    for (const queue of sqsStore.allQueues()) queue.persistence = disk;
  }
  for (const { name, attributes } of queues) {
    const existing = sqsStore.getQueueByName(name);
    if (existing) existing.setAttributes(attributes);
    else sqsStore.createQueue(name, queueUrl('http://local', name), queueArn(name), attributes);
  }
  returnInFlight(sqsStore);

  const stores = { sqsStore, snsStore: new SnsStore(), s3Store: new S3Store() };
  const app = buildApp({ logger: false, defaultRegion: REGION, stores });
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    endpoint,
    depth(name) {
      const { messages } = sqsStore.inspectQueue(name) ?? {};
      if (!messages) throw new Error(`no queue ${name}`);
      const { ready, delayed, inflight } = messages;
      return { ready: ready.length, delayed: delayed.length, inFlight: inflight.length };
    },
    endWaiting: () => sqsStore.shutdown(),
    async close() {
      await app.close();
      disk?.close();
    },
  };
}

function returnInFlight(store: SqsStore): void {
  for (const queue of store.allQueues()) {
    for (const handle of Array.from(queue.inflightMessages.keys())) queue.changeVisibility(handle, 0);
  }
}

/** What we correct of fauxqs' persistence. */
class Disk extends PersistenceManager {
  private readonly release: StatementSync;

  constructor(dir: string) {
    mkdirSync(dir, { recursive: true });
    super(dir);
    const db: DatabaseSync = Reflect.get(this, 'db');
    // A write-ahead log survives the end of the process at any moment without a sync to disk per statement;
    // only a power cut may cost the last moments, and that is not what a local stack is for.
    db.exec('PRAGMA synchronous = NORMAL');
    this.release = db.prepare(
      'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?',
    );
  }

  /** fauxqs 2.4.1 sets a NOT NULL count to NULL here, which fails every ChangeMessageVisibility to 0. */
  override updateMessageReady(messageId: string): void {
    this.release.run(messageId);
  }
}
