import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { join } from 'node:path';
import { startDynamo } from './dynamo.ts';
import type { EngineAddresses } from './engines.ts';
import { listen } from './ports.ts';
import { type Sqs, startSqs } from './sqs.ts';
import type { QueueSpec } from './stack-model.ts';
import { Stoppables } from './stoppables.ts';
import { startTwin } from './twin/twin.ts';

/**
 * Queues, tables and twin in a process of their own: `fork` it, send it `EngineRequest`, read `EngineAddresses`.
 * A stack started with these as its `engines` can be killed and started again over data that go on, which is
 * what a killed function means on AWS. Ends with the process that started it.
 */
export interface EngineRequest {
  /** Folder of the data; absent: in memory. */
  readonly dir?: string;
  readonly queues: readonly QueueSpec[];
}

async function start({ dir, queues }: EngineRequest, parts: Stoppables): Promise<EngineAddresses> {
  const within = (name: string): string | undefined => dir && join(dir, name);
  const dynamo = await startDynamo({ dir: within('dynamodb') });
  parts.add(dynamo.close);
  const sqs = await startSqs({ queues, dir: within('sqs') });
  parts.add(sqs.close);
  const twin = await startTwin({ port: 0, quiet: true, journal: within('twin.jsonl') });
  parts.add(twin.close);
  const server = createServer((request, response) => answer(request, response, sqs));
  const control = `http://127.0.0.1:${await listen(server, 0)}`;
  parts.add(() => void server.close());
  return {
    engine: dynamo.engine,
    dynamodb: dynamo.endpoint,
    sqs: sqs.endpoint,
    control,
    twinUrl: twin.url,
    smtpUrl: twin.smtpUrl,
  };
}

/** `GET /depth/QUEUE` and `POST /end-waiting`: the two things that the API of SQS does not offer. */
function answer({ method, url = '' }: IncomingMessage, response: ServerResponse, sqs: Sqs): void {
  const [, queue] = /^\/depth\/([^/]+)$/.exec(url) ?? [];
  if (method === 'POST' && url === '/end-waiting') {
    sqs.endWaiting();
    response.writeHead(204).end();
  } else if (method === 'GET' && queue !== undefined) {
    response.end(JSON.stringify(sqs.depth(decodeURIComponent(queue))));
  } else {
    response.writeHead(404).end();
  }
}

const parts = new Stoppables();
process.once('message', (request: EngineRequest) => {
  void start(request, parts).then(
    (addresses) => process.send?.(addresses),
    (error: unknown) => {
      console.error(error);
      process.exitCode = 1;
      process.disconnect?.();
    },
  );
});
// Nobody is left who could use them.
process.once('disconnect', () => void parts.stop().finally(() => process.exit()));
// Ctrl-C in a terminal reaches everybody; whoever started this decides when it ends.
process.on('SIGINT', () => {});
