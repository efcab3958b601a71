import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { createRandom } from '../simulation/random.ts';
import type { Call, Fault } from './fault-proxy.ts';
import { DESTINATIONS, type Passage, startWay } from './local-way.ts';

/*
 * An event goes its way while one call of AWS fails, whichever it is and however: the functions as they are deployed,
 * and their real clients. It arrives, and each arrival beyond the first has its attempt in doubt on record.
 */

/**
 * Each case takes a second. A run of all tests tries one fault at each call and some days of many; `FANFARE_FUZZ=200`
 * tries every fault at each call, silences too, and as many days.
 */
const RUNS = Number(process.env['FANFARE_FUZZ'] ?? 3);
const IS_WHOLE = process.env['FANFARE_FUZZ'] !== undefined;
/** How often a call fails on such a day. */
const FAULTY = 0.15;

let way: Awaited<ReturnType<typeof startWay>>;
let events = 0;
beforeAll(async () => {
  // Once: functions live on from test to test, and time must not go back for them.
  vi.useFakeTimers({ toFake: ['Date'] });
  way = await startWay();
});
afterAll(async () => {
  vi.useRealTimers();
  await way.stop();
});
afterEach(heal);

function heal(): void {
  way.chance.fault = () => undefined;
}

/** All calls on the way of an event, by the function that makes them. */
const SITES = [
  'deliver: BatchExecuteStatement INSERT attempt',
  'deliver: BatchExecuteStatement INSERT delivery sending',
  'deliver: BatchExecuteStatement UPDATE delivery delivered',
  'deliver: BatchExecuteStatement UPDATE delivery retrying',
  'deliver: BatchExecuteStatement UPDATE delivery sending',
  'deliver: BatchExecuteStatement UPDATE event',
  'deliver: BatchGetItem scope',
  'deliver: GetItem version',
  'deliver: PutItem completion',
  'deliver: Query catalog',
  'deliver: SendMessageBatch deliver',
  'deliver: UpdateItem successes = :ok, failures = :fail, windowAt = :now',
  'deliver: UpdateItem tat = :tat',
  'fan-out: BatchExecuteStatement INSERT fan-out',
  'fan-out: BatchGetItem event',
  'fan-out: GetItem version',
  'fan-out: Query catalog',
  'fan-out: SendMessageBatch deliver',
  'ingest: BatchExecuteStatement INSERT event',
  'ingest: BatchGetItem event',
  'ingest: BatchGetItem request',
  'ingest: BatchGetItem scope',
  'ingest: GetItem key',
  'ingest: GetItem version',
  'ingest: Query catalog',
  'ingest: SendMessageBatch events',
  'ingest: UpdateItem tat = :tat',
];
const FAULTS: Readonly<Record<string, (call: Call) => Fault | undefined>> = {
  'is throttled': ({ target }) => ({
    status: 400,
    error: target.startsWith('DynamoDB')
      ? 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException'
      : 'com.amazonaws.sqs#RequestThrottled',
  }),
  'is answered 500': () => ({ status: 500, error: 'InternalServerError' }),
  'breaks off before it is heard': () => 'reset',
  'is carried out, and its answer lost': () => 'lostAnswer',
  'is carried out, and its answer no JSON': () => 'garbled',
  'is carried out in part': partly,
};

/** Each is waited for in real time. */
const SILENCES: Readonly<Record<string, (call: Call) => Fault>> = {
  'is not heard, and nobody answers': () => 'silence',
  'is carried out, and nobody answers': () => 'silentAnswer',
};

/** A batch call of which the first part fails. */
function partly({ target, body }: Call): Fault | undefined {
  const [, operation] = target.split('.');
  if (operation === 'BatchGetItem') {
    return { answer: () => ({ Responses: {}, UnprocessedKeys: body['RequestItems'] }) };
  }
  if (operation === 'BatchExecuteStatement') {
    const [, ...rest] = body['Statements'] as readonly object[];
    const Error = { Code: 'ThrottlingError', Message: 'slow down' };
    const ask = rest.length > 0 && { ask: { ...body, Statements: rest } };
    return {
      ...ask,
      answer: ({ Responses = [] }) => ({ Responses: [{ Error }, ...(Responses as object[])] }),
    };
  }
  if (operation === 'SendMessageBatch') {
    const [first, ...rest] = body['Entries'] as readonly { readonly Id: string }[];
    const Failed = [{ Id: first!.Id, Code: 'InternalError', SenderFault: false }];
    const ask = rest.length > 0 && { ask: { ...body, Entries: rest } };
    return { ...ask, answer: (answer) => ({ Successful: [], ...answer, Failed }) };
  }
  return undefined;
}

/** An event is posted and goes as far as it comes; then all is well, and it is posted again and goes all the way. */
async function go(fault: (passage: Passage) => Fault | undefined, faultyRounds = 2): Promise<string> {
  const id = `e${events++}`;
  way.chance.fault = fault;
  const first = await way.post(id);
  const refused = { status: 503, type: 'application/problem+json' };
  expect([{ status: 202, type: first.type }, refused]).toContainEqual(first);
  for (let round = 0; round < faultyRounds; round++) await way.round();
  heal();
  expect(await way.post(id)).toMatchObject({ status: 202 });
  await way.settle();
  return id;
}

/** What is wrong: a delivery that is not over, was not accepted, or was too often for its attempts in doubt on record. */
async function wrongs(id: string): Promise<readonly string[]> {
  const deliveries = await way.deliveries(id);
  const missing = DESTINATIONS.filter((name) => deliveries.every(({ destination }) => destination !== name));
  const odd = deliveries.filter(({ id: name, destination, state, attempts = [] }) => {
    const times = way.accepted.get(name) ?? 0;
    if (destination === 'strict') return state !== 'dead' || times > 0;
    const inDoubt = attempts.filter(({ outcome }) => outcome === 'maybe').length;
    return state !== 'delivered' || times < 1 || times > 1 + inDoubt;
  });
  return [...missing, ...odd.map((one) => JSON.stringify(one))];
}

const at = (site: string, fault: (call: Call) => Fault | undefined) => (passage: Passage) =>
  passage.site === site ? fault(passage.call) : undefined;

test('all calls on the way of an event are known', async () => {
  const seen = new Set<string>();
  const id = await go(({ site }) => void seen.add(site));
  expect(await wrongs(id)).toEqual([]);
  expect([...seen].toSorted()).toEqual(SITES.toSorted());
});

const KINDS = Object.entries(FAULTS);
const CASES = SITES.flatMap((site, index) =>
  (IS_WHOLE ? KINDS : [KINDS[index % KINDS.length]!]).map(([how, fault]) => ({ site, how, fault })),
);
test.each(CASES)('$site $how', async ({ site, fault }) => {
  expect(await wrongs(await go(at(site, fault)))).toEqual([]);
});

/** Each takes seconds of waiting: all of them with `FANFARE_FUZZ`, else one of each kind. */
const SILENT = Object.entries(SILENCES).flatMap(([how, fault], index) =>
  (IS_WHOLE ? SITES : SITES.slice(index, index + 1)).map((site) => ({ site, how, fault })),
);
test.each(SILENT)('$site $how, once', async ({ site, fault }) => {
  let left = 1;
  expect(await wrongs(await go(at(site, (call) => (left-- > 0 ? fault(call) : undefined))))).toEqual([]);
});

test.each(Array.from({ length: RUNS }, (_, seed) => seed))(
  'many calls fail, each in its way: day %i',
  async (seed) => {
    const random = createRandom(seed);
    expect(
      await wrongs(await go(({ call }) => (random.chance(FAULTY) ? random.pick(KINDS)[1](call) : undefined))),
    ).toEqual([]);
  },
);
