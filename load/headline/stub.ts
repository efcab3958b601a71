import { hash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';

interface Request {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** How an operation answers that is not sent anywhere: status and body. */
type Answer = readonly [status: number, body: string];

const FAILED_CONDITION = JSON.stringify({
  __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException',
  message: 'The conditional request failed',
});
const COUNTED = JSON.stringify({
  Attributes: { key: { S: 'destination:one' }, points: { N: '3' }, expire: { N: '9999999999.5' } },
});

/** What succeeds while all goes well. A window of the naive limiter is open already: its first try fails. */
const ANSWERS: Readonly<Record<string, (body: string) => Answer>> = {
  'DynamoDB_20120810.PutItem': () => [200, '{}'],
  'DynamoDB_20120810.UpdateItem': (body) => {
    if (body.includes('attribute_not_exists(points)')) return [400, FAILED_CONDITION];
    return [200, body.includes('points + :new_points') ? COUNTED : '{}'];
  },
  'DynamoDB_20120810.BatchExecuteStatement': (body) => {
    const statements = body.split('"Statement":').length - 1;
    return [200, `{"Responses":[${Array(statements).fill('{"TableName":"ledger"}').join()}]}`];
  },
  'AmazonSQS.SendMessage': (body) => {
    const { MessageBody } = JSON.parse(body) as { readonly MessageBody: string };
    return [200, JSON.stringify({ MessageId: 'm', MD5OfMessageBody: hash('md5', MessageBody) })];
  },
  'AmazonSQS.SendMessageBatch': (body) => {
    const entries = body.split('"Id":').length - 1;
    const sent = Array.from({ length: entries }, (_, n) => `{"Id":"${n}","MessageId":"m${n}"}`);
    return [200, `{"Successful":[${sent.join()}],"Failed":[]}`];
  },
};

/** Calls of a client by operation. */
export type Calls = Record<string, number>;

interface Handler {
  handle: (request: Request, options: unknown) => Promise<unknown>;
}

/**
 * Answers writes in the process, in the place of the socket, so that what a client itself costs is measured and nothing
 * else; all other calls go where they went before. The body of an answer is a stream, as from a socket.
 */
export function stub(client: DynamoDBClient | SQSClient): Calls {
  const calls: Calls = {};
  const outer = client.config.requestHandler as unknown as Handler;
  // Fanfare's own hands on to the one of the SDK, of which it is made.
  const handler = Object.hasOwn(outer, 'handle') ? (Object.getPrototypeOf(outer) as Handler) : outer;
  const send = handler.handle.bind(handler);
  handler.handle = async (request, options) => {
    const operation = request.headers['x-amz-target'] ?? '';
    calls[operation] = (calls[operation] ?? 0) + 1;
    const answer = ANSWERS[operation];
    if (answer === undefined) return send(request, options);
    const [statusCode, text] = answer(textOf(request.body));
    const headers = { 'content-type': 'application/x-amz-json-1.0', date: new Date().toUTCString() };
    return { response: { statusCode, headers, body: Readable.from([Buffer.from(text)]) } };
  };
  return calls;
}

function textOf(body: string | Uint8Array): string {
  return typeof body === 'string'
    ? body
    : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
}
