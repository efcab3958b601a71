import { describe, expect, test } from 'vitest';
import { readAwsCall } from '../../../cdk/local/aws-call.ts';
import { testTables } from '../../../cdk/local/table-spec.ts';

const { ledger } = testTables('t');

function read(service: string, target: string, input: object, path = '/', method = 'POST') {
  const scope = `Credential=Ingest/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
  const headers = { authorization: `AWS4-HMAC-SHA256 ${scope}`, 'x-amz-target': target };
  const body = Buffer.from(JSON.stringify(input));
  const { caller, accesses } = readAwsCall({ method, path, headers, body }, () => ledger);
  return { caller, needs: accesses.map(({ action, resource }) => `${action} ${resource}`) };
}

const ARN = 'arn:aws:dynamodb:us-east-1:000000000000:table';
const QueueUrl = 'http://127.0.0.1:1/000000000000/Events';
const DYNAMO = 'DynamoDB_20120810';

describe('what a call needs', () => {
  test.each<[string, string, string, object, string[]]>([
    [
      'a batch is allowed by the action of its single form',
      'sqs',
      'AmazonSQS.SendMessageBatch',
      { QueueUrl, Entries: [{ DelaySeconds: 900 }] },
      ['sqs:SendMessage arn:aws:sqs:us-east-1:000000000000:Events'],
    ],
    [
      'a query of an index',
      'dynamodb',
      `${DYNAMO}.Query`,
      { TableName: 't', IndexName: 'due' },
      [`dynamodb:Query ${ARN}/t/index/due`],
    ],
    [
      'a batch of reads needs every table',
      'dynamodb',
      `${DYNAMO}.BatchGetItem`,
      { RequestItems: { a: { Keys: [] }, b: { Keys: [] } } },
      [`dynamodb:BatchGetItem ${ARN}/a`, `dynamodb:BatchGetItem ${ARN}/b`],
    ],
    [
      'statements need the action of each kind once',
      'dynamodb',
      `${DYNAMO}.BatchExecuteStatement`,
      {
        Statements: [
          { Statement: `INSERT INTO "a" VALUE {'pk':?}`, Parameters: [{ S: '' }] },
          { Statement: `INSERT INTO "a" VALUE {'pk':?}`, Parameters: [{ S: 'b' }] },
          { Statement: 'DELETE FROM "a" WHERE "pk"=?', Parameters: [{ S: '' }] },
        ],
      },
      [`dynamodb:PartiQLInsert ${ARN}/a`, `dynamodb:PartiQLDelete ${ARN}/a`],
    ],
    [
      'parameters, one by one',
      'ssm',
      'AmazonSSM.GetParameters',
      { Names: ['/fanfare/x/a', '/fanfare/x/b'] },
      ['a', 'b'].map(
        (name) => `ssm:GetParameters arn:aws:ssm:us-east-1:000000000000:parameter/fanfare/x/${name}`,
      ),
    ],
  ])('%s', (_, service, target, input, needs) => {
    expect(read(service, target, input)).toEqual({ caller: 'Ingest', needs });
  });

  test('a mail needs the identity it is sent from, and the configuration set of that', () => {
    const { needs } = read(
      'ses',
      '',
      { FromEmailAddress: 'Team <team@example.com>' },
      '/v2/email/outbound-emails',
    );

    const needed = (kind: string) => `ses:SendEmail arn:aws:ses:us-east-1:000000000000:${kind}/example.com`;
    expect(needs).toEqual([needed('identity'), needed('configuration-set')]);
  });

  test('an object needs its bucket and key', () => {
    const { needs } = read('s3', '', {}, '/profiles/Timers/2026-1.cpuprofile', 'PUT');
    expect(needs).toEqual(['s3:PutObject arn:aws:s3:::profiles/Timers/2026-1.cpuprofile']);
  });

  test.each([
    ['GET', '/profiles/a'],
    ['PUT', '/profiles'],
    ['PUT', '/profiles/../a'],
    ['PUT', '/profiles/.hidden'],
    ['PUT', '/profiles/%2e%2e/a'],
    ['PUT', '/profiles/a?acl'],
  ])('of S3 nothing is offered but to put objects by plain names: %s %s', (method, path) => {
    expect(() => read('s3', '', {}, path, method)).toThrow(`S3 ${method}`);
  });

  test.each<[string, string, string, object, string]>([
    ['a service that is not here', 'kms', '', {}, 'service kms'],
    [
      'an operation nobody judges',
      'dynamodb',
      `${DYNAMO}.TransactWriteItems`,
      {},
      'dynamodb:TransactWriteItems',
    ],
    ['a delay SQS would refuse', 'sqs', 'AmazonSQS.SendMessage', { QueueUrl, DelaySeconds: 901 }, '900'],
    [
      'the same in a batch',
      'sqs',
      'AmazonSQS.SendMessageBatch',
      { QueueUrl, Entries: [{ DelaySeconds: 901 }] },
      '900',
    ],
  ])('%s is refused', (_, service, target, input, message) => {
    expect(() => read(service, target, input)).toThrow(message);
  });
});
