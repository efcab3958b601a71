import { createHash } from 'node:crypto';
import { BasePersistenceLayer } from '@aws-lambda-powertools/idempotency/persistence';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { DEFAULT_TERMS } from '../../lib/core/terms.ts';
import {
  API_KEY_BYTES,
  createApiKey,
  formatApiKey,
  hashSecret,
  parseApiKey,
  sameHash,
} from '../../lib/core/api-key.ts';
import { type AlertDeps, postWebhook } from '../../lib/pipeline/ingest/post-alerts.ts';
import { monotonic, now } from '../../lib/platform/clock.ts';
import { handleHttp } from '../../lib/platform/handle.ts';
import { newId } from '../../lib/platform/ids.ts';
import { router } from '../../lib/platform/router.ts';
import { createTelemetry } from '../../lib/platform/telemetry.ts';
import { createReceiver } from '../naive/receiver.ts';
import { alertsBody, parsing } from './alerts.ts';
import { type Side, interleave } from './interleave.ts';
import { type Measured, type Options, ratioRow, turns } from './rows.ts';
import { CONTEXT, TENANT } from './work.ts';

const QUEUE = 'https://sqs.us-east-1.amazonaws.com/000000000000/queue';
const ALERTS = 100;
const DONE = new Set([200, 202]);
const KEY = createApiKey('live', new Uint8Array(API_KEY_BYTES).fill(7));

/** Taking a hundred alerts in, all but what the queue and the tables do. */
export async function ingest(options: Options): Promise<Measured> {
  const sides = {
    fanfareUs: posting(fanfareIngest(), 20),
    naiveUs: posting(naive(formatApiKey(KEY)), 8),
    parseUs: parsing(200),
  };
  const samples = await interleave(sides, turns(options));
  return {
    rows: [
      ratioRow('ingest100.vsJsonParse', ['fanfareUs', 'parseUs'], samples),
      ratioRow('ingest100.vsNaive', ['naiveUs', 'fanfareUs'], samples),
    ],
    checks: [],
  };
}

type Handle = (
  event: APIGatewayProxyEventV2,
  context: typeof CONTEXT,
) => Promise<{ readonly statusCode?: number }>;

interface Stack {
  readonly handle: Handle;
  /** Alerts that went on so far. */
  readonly taken: () => number;
}

function posting({ handle, taken }: Stack, times: number): Side {
  const body = alertsBody();
  return {
    async run() {
      const before = taken();
      const { statusCode = 0 } = await handle(alertsRequest(body), CONTEXT);
      const count = taken() - before;
      if (!DONE.has(statusCode) || count !== ALERTS)
        throw new Error(`answered ${statusCode}: ${count} of ${ALERTS} went on`);
      return 1;
    },
    times,
  };
}

/** A post of alerts, with a key that is good. */
export function alertsRequest(body: string): APIGatewayProxyEventV2 {
  const authorization = `Bearer ${formatApiKey(KEY)}`;
  return {
    version: '2.0',
    routeKey: 'POST /webhook',
    rawPath: '/webhook',
    rawQueryString: '',
    headers: { 'content-type': 'application/json', authorization },
    body,
    isBase64Encoded: false,
    requestContext: { http: { method: 'POST', path: '/webhook', sourceIp: '127.0.0.1' }, requestId: 'one' },
  } as unknown as APIGatewayProxyEventV2;
}

/** The function `ingest`, wired as it is deployed, on stores that know nothing and keep everything. */
export function fanfareIngest(): Stack & { readonly deps: AlertDeps } {
  let count = 0;
  const telemetry = createTelemetry();
  const owner = { tenant: TENANT, keyId: 'one', scopes: ['send'], cursorKey: 'one' } as const;
  const hash = hashSecret(KEY.secret);
  const deps: AlertDeps = {
    authenticate: async (headers) => {
      const presented = parseApiKey((headers['authorization'] ?? '').replace('Bearer ', ''));
      return sameHash(hashSecret(presented?.secret ?? ''), hash) ? owner : undefined;
    },
    hook: async () => undefined,
    alerts: { read: async () => new Map() },
    readFanOuts: async (keys) => keys.map(() => undefined),
    records: {
      read: async () => new Map(),
      request: async () => undefined,
      // A record stands for an event that is in the queue.
      write: async (_, writes) =>
        writes.map((write) => {
          if (write.kind === 'event') count++;
          return 'hash' in write ? write.hash : '';
        }),
    },
    takeUrgent: async () => true,
    termsOf: async () => DEFAULT_TERMS,
    enqueue: async () => ({ failed: [] }),
    queues: { normal: QUEUE, urgent: QUEUE },
    newId,
    telemetry,
    now,
    elapsed: monotonic,
  };
  const handle = handleHttp(router({ 'POST /webhook': (request) => postWebhook(request, deps) }), {
    telemetry,
  });
  return { handle, taken: () => count, deps };
}

function naive(apiKey: string): Stack {
  let count = 0;
  const sqs = new SQSClient({ region: 'us-east-1' });
  sqs.send = async () => {
    count++;
    return {};
  };
  const keys = new Set([createHash('sha256').update(apiKey).digest('hex')]);
  const handle = createReceiver({ persistence: new Forgetful(), sqs, queue: QUEUE, keys });
  return { handle, taken: () => count };
}

/** Everything is new to it. */
class Forgetful extends BasePersistenceLayer {
  protected async _getRecord(): Promise<never> {
    throw new Error('nothing is known');
  }
  protected async _putRecord(): Promise<void> {}
  protected async _updateRecord(): Promise<void> {}
  protected async _deleteRecord(): Promise<void> {}
}
