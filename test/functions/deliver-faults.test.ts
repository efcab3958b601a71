import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Call, Fault } from './fault-proxy.ts';
import { LEASE_MS, startDeliver } from './local-deliver.ts';

/*
 * What becomes of deliveries while AWS fails: the function as it is deployed, its real clients, and services that
 * do wrong between them. Numbers are those of docs/faults.md.
 */

let deliver: Awaited<ReturnType<typeof startDeliver>>;
beforeAll(async () => {
  deliver = await startDeliver();
});
afterAll(() => deliver.stopAll());
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  await deliver.restart();
  deliver.wireIds.clear();
  deliver.received.length = deliver.lines.length = deliver.sqsFaults.calls.length = 0;
});
afterEach(() => {
  heal();
  vi.useRealTimers();
});

const MINUTE = 60_000;
const THROTTLED: Fault = {
  status: 400,
  error: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
};
const DOWN: Fault = { status: 500, error: 'com.amazonaws.dynamodb.v20120810#InternalServerError' };

function heal(): void {
  deliver.dynamoFaults.fault = deliver.sqsFaults.fault = () => undefined;
  deliver.ssm.down = false;
}
const of =
  (names: readonly string[], fault: Fault) =>
  ({ target }: Call): Fault | undefined =>
    names.some((name) => target.endsWith(`.${name}`)) ? fault : undefined;
const events = (...messages: readonly { readonly event: string }[]) => messages.map(({ event }) => event);

describe('F43: while reads work and writes are throttled', () => {
  test('nothing is sent without a claim, all comes again, and is sent once afterwards', async () => {
    const messages = [deliver.message(), deliver.message(), deliver.message('limited')];
    deliver.dynamoFaults.fault = of(['BatchExecuteStatement', 'PutItem', 'UpdateItem'], THROTTLED);
    expect((await deliver.run(...messages)).toSorted()).toEqual(messages.map(({ messageId }) => messageId));
    expect(deliver.received).toEqual([]);

    heal();
    expect(await deliver.run(...messages)).toEqual([]);
    expect(deliver.received.toSorted()).toEqual(events(...messages));
    expect((await deliver.recorded(messages[0]!.event)).attempts).toEqual([]);
  });
});

describe('a completion', () => {
  test('F15: that cannot be written brings its message again; the second arrival is on record', async () => {
    const message = deliver.message();
    deliver.dynamoFaults.fault = of(['PutItem'], DOWN);
    expect(await deliver.run(message)).toEqual([message.messageId]);
    expect(deliver.received).toEqual(events(message));

    heal();
    vi.advanceTimersByTime(LEASE_MS + 1_000);
    expect(await deliver.run(message)).toEqual([]);
    // The same id, so that the receiver can tell.
    expect(deliver.received).toEqual(events(message, message));
    expect(deliver.wireIds.size).toBe(1);
    const { attempts } = await deliver.recorded(message.event);
    expect(attempts).toMatchObject([{ n: 1, outcome: 'maybe', reason: 'crashed' }]);
  });

  test('F16: that was written although its answer was lost makes no second arrival', async () => {
    const message = deliver.message();
    deliver.dynamoFaults.fault = of(['PutItem'], 'lostAnswer');
    await deliver.run(message);
    heal();
    vi.advanceTimersByTime(LEASE_MS + 1_000);
    expect(await deliver.run(message)).toEqual([]);
    expect(deliver.received).toEqual(events(message));
    expect((await deliver.recorded(message.event)).attempts).toEqual([]);
  });
});

test('F21: while the limits cannot be booked, their destination gets nothing and others all', async () => {
  const [limited, plain] = [deliver.message('limited'), deliver.message()];
  deliver.dynamoFaults.fault = (call) => (deliver.about('limits')(call) ? THROTTLED : undefined);
  const failed = await deliver.run(limited, plain);
  expect(deliver.received).toEqual(events(plain));
  expect(failed).toEqual([limited.messageId]);
  expect((await deliver.recorded(limited.event)).claim).toBeUndefined();
  expect(deliver.lines.join('')).toContain('no slots could be booked');

  heal();
  expect(await deliver.run(limited)).toEqual([]);
  expect(deliver.received).toEqual(events(plain, limited));
});

test('F51: while the catalog cannot be read, deliveries go on for ten minutes by the last copy, then wait', async () => {
  await deliver.run(deliver.message());
  deliver.dynamoFaults.fault = (call) => (deliver.about('catalog')(call) ? DOWN : undefined);
  vi.advanceTimersByTime(9.5 * MINUTE);
  const bridged = deliver.message();
  expect(await deliver.run(bridged)).toEqual([]);
  expect(deliver.received.slice(1)).toEqual(events(bridged));

  vi.advanceTimersByTime(MINUTE);
  const late = deliver.message();
  expect(await deliver.run(late)).toEqual([]);
  expect(deliver.received).toHaveLength(2);
  heal();
  expect(await deliver.run(...deliver.putBack())).toEqual([]);
  expect(deliver.received.slice(2)).toEqual(events(late));
});

test('F45: while secrets are throttled, a value is used for ten minutes beyond its time, then its destination waits alone', async () => {
  await deliver.run(deliver.message('secret'));
  deliver.ssm.down = true;
  vi.advanceTimersByTime(14.5 * MINUTE);
  const bridged = deliver.message('secret');
  expect(await deliver.run(bridged)).toEqual([]);
  expect(deliver.received.slice(1)).toEqual(events(bridged));

  vi.advanceTimersByTime(MINUTE);
  const [late, plain] = [deliver.message('secret'), deliver.message()];
  expect(await deliver.run(late, plain)).toEqual([]);
  expect(deliver.received.slice(2)).toEqual(events(plain));
  expect((await deliver.recorded(late.event)).claim).toBeUndefined();

  heal();
  expect(await deliver.run(...deliver.putBack())).toEqual([]);
  expect(deliver.received.slice(3)).toEqual(events(late));
});

test.each<[string, Fault]>([
  ['breaks', DOWN],
  ['resets connections', 'reset'],
])('F33: when everything %s, every message comes again and nothing is thrown', async (_, fault) => {
  await deliver.run(deliver.message());
  const messages = Array.from({ length: 10 }, () => deliver.message());
  deliver.dynamoFaults.fault = deliver.sqsFaults.fault = () => fault;
  expect((await deliver.run(...messages)).toSorted()).toEqual(
    messages.map((one) => one.messageId).toSorted(),
  );
  expect(deliver.received).toHaveLength(1);
});
