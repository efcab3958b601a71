import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SILENT_VIEW } from '../../cdk/local/console-view.ts';
import { type LocalStack, startLocalStack } from '../../cdk/local/local-stack.ts';
import { type Driver, FIXTURES, PATIENT, TEST, driver } from './rig.ts';

/** Of the load catalog. */
const DESTINATIONS = 3;

describe('one id, posted many times at once', TEST, () => {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-id-'));
  let stack: LocalStack;
  let api: Driver;
  beforeAll(async () => {
    stack = await startLocalStack({
      reuse: true,
      dir,
      memory: true,
      view: SILENT_VIEW,
      catalog: join(FIXTURES, 'catalog.load.yaml'),
    });
    api = driver(stack);
  }, TEST.timeout);
  afterAll(async () => {
    await stack.close();
    rmSync(dir, { recursive: true });
  });

  /** What the receivers heard once nothing waits any more: `id:content` of each delivery. */
  async function heard(prefix: string): Promise<string[]> {
    await vi.waitFor(async () => {
      const { body } = await api.call('GET', '/v1/queues');
      const waiting = JSON.stringify(body).match(/"(?:waiting|inFlight|delayed)":[1-9]/g);
      expect(waiting).toBeNull();
    }, PATIENT);
    const inbox = await api.inbox();
    return inbox
      .map(({ body }) => body as { readonly id: string; readonly data: { readonly content: string } })
      .filter(({ id }) => id.startsWith(prefix))
      .map(({ id, data }) => `${id}:${data.content}`);
  }

  const post = (id: string, content: string) =>
    api.call('POST', '/v1/events', { id, topic: 'orders.paid', data: { title: 'Paid', content } });

  test('a thousand times with the same content is one event', async () => {
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => post('same-1', 'a')));
    const told = answers.map(({ status, body }) => `${status} ${(body as { id: string }).id}`);
    expect(new Set(told)).toEqual(new Set(['202 same-1']));
    expect(await heard('same-')).toEqual(Array.from({ length: DESTINATIONS }, () => 'same-1:a'));
  });

  test('with other contents is the one event that was answered 202', async () => {
    const posts = Array.from({ length: 40 }, (_, n) => ['a', 'b'].map((content) => [`other-${n}`, content]));
    const answers = await Promise.all(
      posts.flat().map(async ([id = '', content = '']) => {
        const { status, body } = await post(id, content);
        return { status, id, content, type: (body as { type?: string }).type };
      }),
    );
    const taken = answers.filter(({ status }) => status === 202).map(({ id, content }) => `${id}:${content}`);
    const refused = answers.filter(({ status }) => status !== 202);
    expect([taken.length, new Set(refused.map(({ status, type }) => `${status} ${type}`))]).toEqual([
      posts.length,
      new Set(['422 /problems/idempotency-mismatch']),
    ]);
    const expected = taken.flatMap((one) => Array.from({ length: DESTINATIONS }, () => one));
    expect((await heard('other-')).toSorted()).toEqual(expected.toSorted());
  });
});
