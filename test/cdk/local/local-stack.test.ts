import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SILENT_VIEW } from '../../../cdk/local/console-view.ts';
import { type LocalStack, startLocalStack } from '../../../cdk/local/local-stack.ts';
import type { FunctionStats } from '../../../cdk/local/stats.ts';
import { PortInUse } from '../../../cdk/local/port-in-use.ts';
import { listen } from '../../../cdk/local/ports.ts';
import type { StackModel } from '../../../cdk/local/stack-model.ts';
import { type TableSpec, testTables } from '../../../cdk/local/table-spec.ts';

interface Received {
  readonly channel: string;
  readonly verdict: string;
}

async function inbox(twinUrl: string): Promise<Received[]> {
  return (await (await fetch(`${twinUrl}/inbox.json`)).json()) as Received[];
}

function post({ apiUrl, apiKey }: LocalStack, event: object): Promise<Response> {
  return fetch(`${apiUrl}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(event),
  });
}

const EVENT = { topic: 'hello.world', data: { title: 'Hello', text: 'It works.' } };

/** Every function starts once: a busy machine takes its time. */
const SLOW = { timeout: 90_000 };

describe('the stack on this machine', SLOW, () => {
  let stack: LocalStack;
  beforeAll(async () => {
    stack = await startLocalStack({ reuse: true });
  });
  afterAll(() => stack.close());

  test('brings an event to every channel of the default catalog', async () => {
    const reply = await post(stack, EVENT);

    expect(reply.status).toBe(202);
    const channels = async () => (await inbox(stack.twinUrl)).map(({ channel }) => channel).toSorted();
    await expect
      .poll(channels, { timeout: 60_000 })
      .toEqual(['discord', 'email', 'line', 'pagerduty', 'slack', 'telegram', 'webhook']);
    expect((await inbox(stack.twinUrl)).map(({ verdict }) => verdict)).toEqual(Array(7).fill('accepted'));
  });

  test('counts what its functions do', async () => {
    const { functions, metrics } = (await (await fetch(stack.statsUrl)).json()) as {
      functions: Record<string, Pick<FunctionStats, 'invocations' | 'denied' | 'billedMs' | 'logBytes'>>;
      metrics: Record<string, number>;
    };

    expect(functions['Ingest']).toMatchObject({ invocations: 1, denied: 0 });
    expect(functions['Ingest']?.billedMs).toBeGreaterThan(0);
    expect(functions['Ingest']?.logBytes).toBeGreaterThan(100);
    expect(Object.values(functions).every(({ denied }) => denied === 0)).toBe(true);
    expect(metrics['EventsAccepted']).toBe(1);
  });

  test('runs a function when asked to', async () => {
    expect(await stack.invoke('Timers', {})).toMatchObject({ kind: 'returned' });
    await expect(stack.invoke('Nobody', {})).rejects.toThrow('Timers');
  });

  test('has the tables that the tests of the stores stand on', () => {
    const nameless = (table: TableSpec) => {
      const { name: _, ...rest } = table;
      return rest;
    };
    const tested = Object.values(testTables()).map(nameless);
    expect(stack.model.tables).toHaveLength(tested.length);
    expect(stack.model.tables.map(nameless)).toEqual(expect.arrayContaining(tested));
  });

  test('has values for the secrets of its catalog', () => {
    expect(stack.secrets['slack/team']).toContain(stack.twinUrl);
    expect(stack.secrets['mail/server']).toBe(stack.smtpUrl);
  });
});

/** The model without one action of one function. */
function without(action: string, label: string) {
  return (model: StackModel): StackModel => ({
    ...model,
    functions: model.functions.map((spec) =>
      spec.label !== label
        ? spec
        : {
            ...spec,
            statements: spec.statements.map((statement) => ({
              ...statement,
              actions: statement.actions.filter((one) => one !== action),
            })),
          },
    ),
  });
}

test('a function whose grant is missing is refused, as on AWS, and people are told', async () => {
  const denials: string[] = [];
  const denied = (...denial: string[]) => denials.push(denial.join(' '));
  const stack = await startLocalStack({
    reuse: true,
    change: without('sqs:SendMessage', 'Ingest'),
    view: { ...SILENT_VIEW, denied },
  });

  const reply = await post(stack, EVENT);

  expect(reply.status).toBeGreaterThanOrEqual(500);
  expect(denials[0]).toMatch(/^Ingest sqs:SendMessage arn:aws:sqs:/);
  expect(await inbox(stack.twinUrl)).toEqual([]);
  await stack.close();
});

describe('a function that the API may not call', () => {
  /** The fault it is there to find: a permission for a method and a path, of which `$default` has neither. */
  const narrowed = (target: string) => (model: StackModel) => ({
    ...model,
    permissions: model.permissions.map((one) =>
      one.target === target ? { ...one, sourceArn: `${one.sourceArn}/*/*` } : one,
    ),
  });
  const denials: string[] = [];
  const view = { ...SILENT_VIEW, denied: (...denial: string[]) => void denials.push(denial.join(' ')) };

  test('makes its route answer 500, as on AWS, and people are told', async () => {
    const stack = await startLocalStack({ reuse: true, change: narrowed('Ingest'), view });

    const reply = await post(stack, EVENT);

    expect([reply.status, await reply.json()]).toEqual([500, { message: 'Internal Server Error' }]);
    expect(denials).toEqual([
      expect.stringMatching(/^HttpApi lambda:InvokeFunction arn:aws:execute-api:.*\/POST\/v1\/events$/),
    ]);
    await stack.close();
  });

  test('behind $default keeps the stack from starting: nothing can be applied', async () => {
    await expect(startLocalStack({ reuse: true, change: narrowed('Manage'), view })).rejects.toThrow(
      'GET /v1/catalog answered 500',
    );
    expect(denials.at(-1)).toMatch(/\/\$default\/\$default$/);
  });
});

test('a port that is taken is an error that names it and its flag, and leaves nothing behind', async () => {
  const server = createServer();
  const port = await listen(server, 0);

  const start = startLocalStack({ reuse: true, twinPort: port });

  await expect(start).rejects.toThrow(PortInUse);
  await expect(start).rejects.toThrow(`port ${port} is in use`);
  await expect(start).rejects.toThrow('--twin-port');
  server.close();
});

test('a closed stack leaves no folder and no listener', async () => {
  const stack = await startLocalStack({ reuse: true });
  const folder = stack.dir;
  await stack.close();

  expect(existsSync(folder)).toBe(false);
  await expect(fetch(stack.apiUrl)).rejects.toThrow('fetch failed');
  await expect(fetch(stack.twinUrl)).rejects.toThrow('fetch failed');
});
