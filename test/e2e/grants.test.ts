import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SILENT_VIEW } from '../../cdk/local/console-view.ts';
import { type LocalStack, startLocalStack } from '../../cdk/local/local-stack.ts';
import type { LogLine } from '../../cdk/local/log-line.ts';
import type { QueueSpec, StackModel } from '../../cdk/local/stack-model.ts';
import { type Driver, PATIENT, TEST, driver } from './rig.ts';

const BROKEN = 'DeliverWebhook';
const DENIED = ['dynamodb:PartiQLInsert', 'sqs:ChangeMessageVisibility'];

/** The stack without two grants of one function, whose queue is quick to give up. */
function broken(model: StackModel): StackModel {
  return {
    ...model,
    functions: model.functions.map((spec) =>
      spec.label !== BROKEN
        ? spec
        : {
            ...spec,
            statements: spec.statements.map((statement) => ({
              ...statement,
              actions: statement.actions.filter((action) => !DENIED.includes(action)),
            })),
          },
    ),
    queues: model.queues.map((queue) => (queue.name === `Fanfare-${BROKEN}` ? impatient(queue) : queue)),
  };
}

function impatient({ name, attributes }: QueueSpec): QueueSpec {
  const policy = JSON.parse(attributes['RedrivePolicy'] ?? '{}') as object;
  const RedrivePolicy = JSON.stringify({ ...policy, maxReceiveCount: 2 });
  return { name, attributes: { ...attributes, VisibilityTimeout: '1', RedrivePolicy } };
}

describe('a stack with a role that lacks a grant', TEST, () => {
  const denials: string[][] = [];
  const lines: (readonly [label: string, line: LogLine])[] = [];
  let stack: LocalStack;
  let user: Driver;
  let id: string;
  beforeAll(async () => {
    const view = {
      ...SILENT_VIEW,
      denied: (...denial: string[]) => void denials.push(denial),
      line: (label: string, line: LogLine) => void lines.push([label, line]),
    };
    stack = await startLocalStack({ reuse: true, change: broken, view });
    user = driver(stack);
    [id = ''] = await user.post('/v1/events', { topic: 'hello.world', data: { title: 'Hello' } });
  });
  afterAll(() => stack.close());

  test('sends nothing by that function, and tells people which grant is missing', async () => {
    await expect.poll(async () => (await user.inbox()).length, PATIENT).toBe(6);

    await expect
      .poll(() => denials.map(([label, action]) => `${label} ${action}`), PATIENT)
      .toContain(`${BROKEN} dynamodb:PartiQLInsert`);
    expect(denials.find(([, action]) => action === DENIED[0])?.[2]).toMatch(
      /^arn:aws:dynamodb:.*table\/.*Ledger/,
    );
    expect(new Set(denials.map(([label]) => label))).toEqual(new Set([BROKEN]));
    const errors = () => lines.filter(([, line]) => line.kind === 'log' && line.level === 'error');
    await expect
      .poll(errors, PATIENT)
      .toContainEqual([
        BROKEN,
        expect.objectContaining({ fields: expect.objectContaining({ detail: 'AccessDeniedException' }) }),
      ]);
    expect(await user.inbox('channel=webhook')).toEqual([]);
  });

  test('ends what it could not do as dead in the ledger, by way of the dead-letter queue', async () => {
    const state = async () => (await user.delivery(id, 'webhook'))?.state;
    await expect.poll(state, PATIENT).toBe('dead');

    expect(await user.delivery(id, 'webhook')).toMatchObject({ reason: 'exhausted', channel: 'webhook' });
    expect(await user.listed('dead')).toEqual([`${id}:webhook`]);
    const { metricsBy, functions } = await user.stats();
    expect(metricsBy['Dead']).toEqual({ webhook: 1 });
    expect(functions['DeadLetters']).toMatchObject({ records: 1, denied: 0, errors: 0 });
    const queues = stack.model.queues.map(({ name }) => name).filter((name) => name.includes('DeadLetters'));
    const empty = queues.map(() => ({ ready: 0, delayed: 0, inFlight: 0 }));
    await expect.poll(() => Promise.all(queues.map(stack.depth)), PATIENT).toEqual(empty);
  });

  test('lets every other function do its work', async () => {
    const { functions } = await user.stats();

    expect(Object.entries(functions).flatMap(([label, { denied }]) => (denied > 0 ? [label] : []))).toEqual([
      BROKEN,
    ]);
  });
});

/** Every function at work: API, both lanes, retries, dead letters, timers, a destination switched off. */
test('the roles of the stack are enough for everything it does', TEST, async () => {
  const stack = await startLocalStack({ reuse: true });
  const user = driver(stack);
  const hello = (severity: string) => ({ topic: 'hello.world', severity, data: { title: 'Hello' } });

  await user.behave('webhook', { status: 429, retryAfter: 1 });
  // Discord's destination is gone: the notice of that goes to all the others.
  await user.behave('discord', { status: 404 });
  await user.behave('telegram', { status: 400 });
  await user.post('/v1/events', [hello('critical'), hello('info')], { 'idempotency-key': 'once' });
  await user.call('GET', '/v1/destinations');
  await user.call('POST', '/v1/destinations/slack/test', {});
  const pack = {
    v: 1,
    kind: 'deliveries',
    tenant: 'default',
    destination: 'slack',
    lane: 'normal',
    items: [],
  };
  await user.enqueue('Events', 'Fanfare-DeliverSlack', JSON.stringify(pack));
  await expect.poll(async () => (await user.stats()).metricsBy['Dead']?.['telegram'], PATIENT).toBe(3);
  await user.behave('webhook', null);
  const delivered = async () => (await user.stats()).metricsBy['Delivered'];
  await expect.poll(delivered, PATIENT).toEqual({ slack: 4, email: 3, line: 3, pagerduty: 3, webhook: 3 });
  await stack.invoke('Timers', {});

  const { functions } = await user.stats();
  await stack.close();
  const used = Object.keys(functions).filter((label) => functions[label]!.invocations > 0);
  expect(new Set([...used, 'DeadLetters'])).toEqual(new Set(stack.model.functions.map(({ label }) => label)));
  expect(Object.entries(functions).filter(([, { denied, errors }]) => denied + errors > 0)).toEqual([]);
});
