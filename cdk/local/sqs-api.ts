import { Agent, request } from 'node:http';
import { REGION } from './aws-names.ts';

/** A call of the SQS JSON API, as the event source mappings make it. Throws when the answer is not 200. */
export type SqsCall = <T>(action: string, input: object) => Promise<T>;

export function createSqsCall(endpoint: string): SqsCall {
  const agent = new Agent({ keepAlive: true });
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    authorization: `AWS4-HMAC-SHA256 Credential=mapping/20200101/${REGION}/sqs/aws4_request, SignedHeaders=host, Signature=0`,
  };
  return <T>(action: string, input: object) =>
    new Promise<T>((resolve, reject) => {
      const outgoing = request(
        endpoint,
        {
          agent,
          method: 'POST',
          headers: { ...headers, 'x-amz-target': `AmazonSQS.${action}` },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            if (incoming.statusCode === 200) resolve(JSON.parse(text || '{}'));
            else reject(new Error(`${action}: ${incoming.statusCode} ${text}`));
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(JSON.stringify(input));
    });
}
