import { describe, expect, test } from 'vitest';
import { succeeded } from '../../../cdk/local/sqs-event.ts';

const MESSAGES = ['a', 'b', 'c'].map((MessageId) => ({ MessageId }));
const failures = (...ids: unknown[]) => ({
  batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
});

describe('what a batch leaves to delete', () => {
  test.each<[string, unknown, string]>([
    ['nothing failed', failures(), 'abc'],
    ['no list', {}, 'abc'],
    ['null', null, 'abc'],
    ['one failed', failures('b'), 'ac'],
    ['all failed', failures('a', 'b', 'c'), ''],
    ['an unknown id fails them all', failures('b', 'x'), ''],
    ['an empty id fails them all', failures(''), ''],
    ['an id of null fails them all', failures(null), ''],
    ['a failure without an id fails them all', { batchItemFailures: [{}] }, ''],
    ['a list that is none fails them all', { batchItemFailures: 'b' }, ''],
  ])('%s', (_, value, left) => {
    const done = succeeded(MESSAGES, { kind: 'returned', value }, true);

    expect(done.map(({ MessageId }) => MessageId).join('')).toBe(left);
  });

  test('nothing when the function threw or ran out of time', () => {
    const error = { name: 'E', message: '', stack: '' };

    expect(succeeded(MESSAGES, { kind: 'failed', error }, true)).toEqual([]);
    expect(succeeded(MESSAGES, { kind: 'timedOut' }, true)).toEqual([]);
  });

  test('everything, whatever comes back, when the mapping does not ask for failures', () => {
    expect(succeeded(MESSAGES, { kind: 'returned', value: failures('a') }, false)).toEqual(MESSAGES);
  });
});
