import { arn, lastName, queueArn } from './aws-names.ts';
import { type Access, type DynamoCall, readDynamoCall } from './dynamo-call.ts';
import type { TableSpec } from './table-spec.ts';

/** A call at the gate: who, what, on what. */
export interface AwsCall {
  readonly caller: string;
  readonly service: Service;
  readonly operation: string;
  readonly accesses: readonly Access[];
  readonly dynamo?: DynamoCall;
}

export type Service = 'sqs' | 'dynamodb' | 'ssm' | 'ses';

interface RawCall {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** The function is named by the id of its access key, the service by the scope of the signature. */
const CREDENTIAL = /Credential=([^/,\s]+)\/\d{8}\/[^/]+\/([a-z0-9-]+)\/aws4_request/;

/** The API authorises a batch by the action of its single form. */
const SQS_ACTIONS: Readonly<Record<string, string>> = {
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
};

/** Reads a signed call. Throws, with a sentence for people, when it cannot be judged. */
export function readAwsCall({ path, headers, body }: RawCall, tableOf: (name: string) => TableSpec): AwsCall {
  const [, caller = '', service = ''] = CREDENTIAL.exec(String(headers['authorization'])) ?? [];
  const operation = lastPart(String(headers['x-amz-target'] ?? ''));
  const input = (): Record<string, unknown> => JSON.parse(body.toString() || '{}') as Record<string, unknown>;
  switch (service) {
    case 'sqs': {
      refuseLongDelay(input());
      const action = `sqs:${SQS_ACTIONS[operation] ?? operation}`;
      const resource = queueArn(lastName(text(input()['QueueUrl'])));
      return { caller, service, operation, accesses: [{ action, resource }] };
    }
    case 'dynamodb': {
      const dynamo = readDynamoCall(operation, input(), tableOf);
      return { caller, service, operation, accesses: dynamo.accesses, dynamo };
    }
    case 'ssm': {
      const names = (input()['Names'] ?? [input()['Name']]) as readonly string[];
      const accesses = names.map((name) => ({
        action: `ssm:${operation}`,
        resource: arn('ssm', `parameter/${name.replace(/^\//, '')}`),
      }));
      return { caller, service, operation, accesses };
    }
    case 'ses': {
      if (path !== '/v2/email/outbound-emails') throw new Error(`the local stack does not offer SES ${path}`);
      const [, domain = ''] = text(input()['FromEmailAddress']).replace(/>$/, '').split('@');
      const access = { action: 'ses:SendEmail', resource: arn('ses', `identity/${domain}`) };
      return { caller, service, operation: 'SendEmail', accesses: [access] };
    }
    default:
      throw new Error(`the local stack does not offer the AWS service ${service || 'of an unsigned call'}`);
  }
}

/** SQS takes at most 900 s; fauxqs would take any. */
function refuseLongDelay({ DelaySeconds, Entries = [] }: Record<string, unknown>): void {
  const entries = Entries as readonly { readonly DelaySeconds?: number }[];
  const delays = [DelaySeconds, ...entries.map((entry) => entry.DelaySeconds)];
  if (delays.some((seconds) => Number(seconds ?? 0) > 900))
    throw new Error('DelaySeconds must not exceed 900');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function lastPart(target: string): string {
  return target.slice(target.lastIndexOf('.') + 1);
}
