import { describe, expect, test } from 'vitest';
import { type Statement, isAllowed } from '../../../cdk/local/policy.ts';

const allow = (actions: string[], resources: string[]): Statement => ({
  effect: 'Allow',
  actions,
  resources,
});
const deny = (actions: string[], resources: string[]): Statement => ({ effect: 'Deny', actions, resources });
const ARN = 'arn:aws:sqs:us-east-1:000000000000:Events';

describe('isAllowed', () => {
  test.each<[string, boolean, Statement[], string, string]>([
    ['nothing said', false, [], 'sqs:SendMessage', ARN],
    ['exact', true, [allow(['sqs:SendMessage'], [ARN])], 'sqs:SendMessage', ARN],
    ['action in another case', true, [allow(['SQS:sendmessage'], [ARN])], 'sqs:SendMessage', ARN],
    [
      'resource in another case',
      false,
      [allow(['sqs:SendMessage'], [ARN.toLowerCase()])],
      'sqs:SendMessage',
      ARN,
    ],
    ['other action', false, [allow(['sqs:ReceiveMessage'], [ARN])], 'sqs:SendMessage', ARN],
    ['other resource', false, [allow(['sqs:SendMessage'], [`${ARN}Urgent`])], 'sqs:SendMessage', ARN],
    ['no prefix match without a star', false, [allow(['sqs:Send'], [ARN])], 'sqs:SendMessage', ARN],
    ['star at the end', true, [allow(['sqs:*'], ['arn:aws:sqs:*'])], 'sqs:SendMessage', ARN],
    ['star in the middle', true, [allow(['sqs:S*e'], ['arn:aws:sqs:*:*:Events'])], 'sqs:SendMessage', ARN],
    ['question mark', true, [allow(['sqs:SendMessag?'], [ARN])], 'sqs:SendMessage', ARN],
    ['question mark is one character', false, [allow(['sqs:SendMessage?'], [ARN])], 'sqs:SendMessage', ARN],
    ['any of several', true, [allow(['a:b', 'sqs:SendMessage'], ['x', ARN])], 'sqs:SendMessage', ARN],
    ['deny wins', false, [allow(['*'], ['*']), deny(['sqs:*'], [ARN])], 'sqs:SendMessage', ARN],
    ['deny of something else', true, [allow(['*'], ['*']), deny(['s3:*'], ['*'])], 'sqs:SendMessage', ARN],
    [
      'index is not its table',
      false,
      [allow(['dynamodb:Query'], ['t/x'])],
      'dynamodb:Query',
      't/x/index/due',
    ],
  ])('%s: %s', (_, expected, statements, action, resource) => {
    expect(isAllowed(statements, action, resource)).toBe(expected);
  });

  test('a pattern of many stars stays linear', () => {
    const pattern = `${'*a'.repeat(200)}b`;
    expect(isAllowed([allow(['x'], [pattern])], 'x', 'a'.repeat(5_000))).toBe(false);
  });
});
