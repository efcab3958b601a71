import { AsyncLocalStorage } from 'node:async_hooks';
import { createHmac, createSecretKey, randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
// oxlint-disable-next-line import/no-named-as-default -- its types know the default export only
import middy from '@middy/core';
import { parseJson } from '../../../lib/core/parse-json.ts';
import { signMessage } from '../../../lib/core/signature.ts';
import { requestIdOf, toRequest, toResult } from '../../../lib/platform/api-event.ts';
import { handleHttp } from '../../../lib/platform/handle.ts';
import { newId } from '../../../lib/platform/ids.ts';
import { type HttpRequestIn, router } from '../../../lib/platform/router.ts';
import { createTelemetry, telemetryOptions } from '../../../lib/platform/telemetry.ts';
import { alertsBody } from '../../headline/alerts.ts';
import { alertsRequest } from '../../headline/ingest.ts';
import { CONTEXT } from '../../headline/work.ts';
import { type Bench, type Case, repeated } from '../bench.ts';

const NOT_COMPILED = 'its file never compiled';
const SECRET_BYTES = Buffer.from('a secret of thirty-two bytes ...');
const SECRET = `whsec_${SECRET_BYTES.toString('base64')}`;

/** The parts of a function that takes requests, each for itself. */
export const parts: readonly Bench[] = [
  {
    name: 'webhook/middy',
    rows: 'B27',
    about:
      'a request answered by a function without a frame, by middy with three layers that do nothing, and by ours',
    seed: 'not stated',
    flaw: NOT_COMPILED,
    open: () => ({ cases: { bare: bare(), 'three-layers': threeLayers(), 'all-layers': allLayers() } }),
  },
  {
    name: 'webhook/middleware-each',
    rows: 'B31',
    about: 'what each layer does',
    seed: 'not stated',
    flaw: NOT_COMPILED,
    open: () => ({ cases: layers() }),
  },
  {
    name: 'webhook/json',
    rows: 'B32',
    about: 'a body of 1, 10 and 100 alerts read: by JSON.parse, and by ours, which minds strange keys',
    seed: 'not stated; 1 alert measured 4.8 µs',
    flaw: NOT_COMPILED,
    open: () => ({
      cases: Object.fromEntries(
        (
          [
            ['small', 1],
            ['medium', 10],
            ['large', 100],
          ] as const
        ).flatMap(([size, alerts]) => [
          [size, reading(parseJson, alerts)],
          [`${size}-JSON.parse`, { ...reading(JSON.parse, alerts), rivalOf: size }],
        ]),
      ),
    }),
  },
  {
    name: 'webhook/request-id',
    rows: 'B33',
    about: 'an id made: by randomUUID, and as ours are',
    seed: 'not stated',
    flaw: NOT_COMPILED,
    open: () => ({
      cases: { '': making(newId, 22), randomUUID: { ...making(() => randomUUID(), 36), rivalOf: '' } },
    }),
  },
  {
    name: 'webhook/response',
    rows: 'B34',
    about: 'an answer: as a plain object, and with its headers and its body as text',
    seed: 'not stated',
    flaw: NOT_COMPILED,
    open: () => ({ cases: { plain: answering(plain), built: answering(toResult) } }),
  },
  {
    name: 'webhook/buffers',
    rows: 'B35',
    about: 'a text of 4 KB signed: handed over as it is, and written into a buffer that is used again',
    seed: '40 to 60 % fewer allocations by pooling; elsewhere 20 to 30 %',
    flaw: 'its file never compiled; V8 has the text in one piece already',
    open: () => ({ cases: { fresh: signingText(), pooled: signingPooled() } }),
  },
  {
    name: 'webhook/context',
    rows: 'B36',
    about:
      'AsyncLocalStorage entered and asked, an AbortController made and used, an AbortSignal.timeout made',
    seed: 'not stated',
    flaw: NOT_COMPILED,
    open: () => ({ cases: contexts() }),
  },
  {
    name: 'webhook/sign',
    rows: 'beside B26',
    about: '300 bytes signed as Standard Webhooks want it',
    open: () => ({ cases: signing() }),
  },
];

const EVENT = alertsRequest(alertsBody(1));
const ANSWER = { status: 202, body: { accepted: 1 } };
const answerPlainly = async () => ANSWER;

function bare(): Case {
  return asked(bareAnswer);
}

function threeLayers(): Case {
  const layer = { before: () => undefined, after: () => undefined };
  const handle = middy().use([layer, layer, layer]).handler(bareAnswer);
  return asked(() => handle(EVENT, CONTEXT));
}

const bareAnswer = async (): Promise<Answered> => ({ statusCode: 202, body: '{"accepted":1}' });

function allLayers(): Case {
  const handle = handleHttp(router({ 'POST /webhook': answerPlainly }), { telemetry: silent() });
  return asked(() => handle(EVENT, CONTEXT));
}

interface Answered {
  readonly statusCode?: number;
  readonly body?: string;
}

function asked(ask: () => Promise<Answered>): Case {
  return {
    check: async () => (await ask()).body === '{"accepted":1}',
    async run() {
      for (let n = 0; n < 100; n++) await ask();
      return 100;
    },
  };
}

const ignore = (): void => {};

function silent() {
  return createTelemetry({ ...telemetryOptions({}), write: () => {} });
}

function layers(): Readonly<Record<string, Case>> {
  const telemetry = silent();
  const request: HttpRequestIn = toRequest(EVENT, 'one');
  const route = router({ 'GET /v1/events/{id}': answerPlainly, 'POST /webhook': answerPlainly });
  return {
    'request-id': {
      check: () => requestIdOf(EVENT, 'own') === 'own',
      run: repeated(1_000, () => requestIdOf(EVENT, 'own')),
    },
    request: { check: () => request.method === 'POST', run: repeated(1_000, () => toRequest(EVENT, 'one')) },
    router: {
      check: async () => (await route(request, ignore)).status === ANSWER.status,
      async run() {
        for (let n = 0; n < 100; n++) await route(request, ignore);
        return 100;
      },
    },
    result: {
      check: () => toResult(ANSWER).body === '{"accepted":1}',
      run: repeated(1_000, () => toResult(ANSWER)),
    },
    telemetry: {
      check: () => true,
      run: repeated(1_000, () => (telemetry.begin('one'), telemetry.flush())),
    },
  };
}

function reading(parse: (text: string) => unknown, alerts: number): Case {
  const body = alertsBody(alerts);
  const read = () => parse(body) as { readonly alerts: readonly unknown[] };
  return {
    bytes: Buffer.byteLength(body),
    check: () => read().alerts.length === alerts,
    run: repeated(10, read),
  };
}

function making(make: () => string, length: number): Case {
  return { check: () => make().length === length && make() !== make(), run: repeated(1_000, make) };
}

function plain({ status, body }: typeof ANSWER) {
  return { statusCode: status, body };
}

function answering(answer: (from: typeof ANSWER) => { readonly statusCode?: number }): Case {
  return { check: () => answer(ANSWER).statusCode === 202, run: repeated(1_000, () => answer(ANSWER)) };
}

const KEY = createSecretKey(SECRET_BYTES);
const TEXT = JSON.stringify({ text: 'x'.repeat(4_085) });

const signFresh = (): string => createHmac('sha256', KEY).update(TEXT).digest('base64');

function signingText(): Case {
  return { check: () => signFresh().length === 44, run: repeated(100, signFresh) };
}

function signingPooled(): Case {
  const pool = Buffer.allocUnsafe(64 * 1_024);
  const sign = (): string =>
    createHmac('sha256', KEY)
      .update(pool.subarray(0, pool.write(TEXT)))
      .digest('base64');
  return { check: () => sign() === signFresh(), run: repeated(100, sign) };
}

function contexts(): Readonly<Record<string, Case>> {
  const storage = new AsyncLocalStorage<number>();
  const enter = () => storage.run(7, () => storage.getStore());
  return {
    'async-local-storage': { check: () => enter() === 7, run: repeated(1_000, enter) },
    'abort-controller': { check: abort, run: repeated(100, abort) },
    'abort-timeout': { check: () => !timeout(), run: repeated(10, timeout) },
  };
}

function abort(): boolean {
  const controller = new AbortController();
  controller.abort();
  return controller.signal.aborted;
}

function timeout(): boolean {
  return AbortSignal.timeout(60_000).aborted;
}

function signing(): Readonly<Record<string, Case>> {
  const library = new Webhook(SECRET);
  const message = { id: 'msg_0123456789', timestamp: 1_795_600_000, body: TEXT.slice(0, 300) };
  const at = new Date(message.timestamp * 1_000);
  const ours = () => signMessage(message, [SECRET]);
  const theirs = () => library.sign(message.id, at, message.body);
  return {
    '': { check: () => ours() === theirs(), run: repeated(100, ours) },
    standardwebhooks: { rivalOf: '', check: () => ours() === theirs(), run: repeated(100, theirs) },
  };
}
