import { arn, lastName, objectArn, queueArn } from './aws-names.ts';
import { type Access, type DynamoCall, type DynamoInput, readDynamoCall } from './dynamo-call.ts';
import type { TableSpec } from './table-spec.ts';

/** A call at the gate: who, what, on what. */
export interface AwsCall {
  readonly caller: string;
  readonly service: Service;
  readonly operation: string;
  readonly accesses: readonly Access[];
  readonly dynamo?: DynamoCall;
}

export type Service = 'sqs' | 'dynamodb' | 'ssm' | 'ses' | 's3';

interface RawCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** What the calls of services with JSON bring, as far as it is read here. */
interface CallInput extends DynamoInput {
  readonly QueueUrl?: string;
  readonly DelaySeconds?: number;
  readonly Entries?: readonly { readonly DelaySeconds?: number }[];
  readonly Name?: string;
  readonly Names?: readonly string[];
  readonly FromEmailAddress?: string;
}

/** The function is named by the id of its access key, the service by the scope of the signature. */
const CREDENTIAL = /Credential=([^/,\s]+)\/\d{8}\/[^/]+\/([a-z0-9-]+)\/aws4_request/;

/** Bucket and key of an object, none of whose parts leads upwards: here it becomes a file. */
const OBJECT = /^(?:\/[\w-][\w.-]*){2,}$/;

/** The API authorises a batch by the action of its single form. */
const SQS_ACTIONS: Readonly<Record<string, string>> = {
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
};

/** Reads a signed call. Throws, with a sentence for people, when it cannot be judged. */
export function readAwsCall(
  { method, path, headers, body }: RawCall,
  tableOf: (name: string) => TableSpec,
): AwsCall {
  const [, caller = '', service = ''] = CREDENTIAL.exec(String(headers['authorization'])) ?? [];
  const operation = lastPart(String(headers['x-amz-target'] ?? ''));
  const input = (): CallInput => JSON.parse(body.toString() || '{}');
  switch (service) {
    case 'sqs': {
      refuseLongDelay(input());
      const action = `sqs:${SQS_ACTIONS[operation] ?? operation}`;
      const resource = queueArn(lastName(input().QueueUrl ?? ''));
      return { caller, service, operation, accesses: [{ action, resource }] };
    }
    case 'dynamodb': {
      const dynamo = readDynamoCall(operation, input(), tableOf);
      return { caller, service, operation, accesses: dynamo.accesses, dynamo };
    }
    case 'ssm': {
      const { Name = '', Names = [Name] } = input();
      const accesses = Names.map((name) => ({
        action: `ssm:${operation}`,
        resource: arn('ssm', `parameter/${name.replace(/^\//, '')}`),
      }));
      return { caller, service, operation, accesses };
    }
    case 'ses': {
      if (path !== '/v2/email/outbound-emails') throw new Error(`the local stack does not offer SES ${path}`);
      const [, domain = ''] = (input().FromEmailAddress ?? '').replace(/>$/, '').split('@');
      // Here every identity has a configuration set of its own: SES asks for both (aws-cdk issue 34402).
      const accesses = ['identity', 'configuration-set'].map((kind) => ({
        action: 'ses:SendEmail',
        resource: arn('ses', `${kind}/${domain}`),
      }));
      return { caller, service, operation: 'SendEmail', accesses };
    }
    case 's3': {
      if (method !== 'PUT' || !OBJECT.test(path))
        throw new Error(`the local stack does not offer S3 ${method} ${path}`);
      const accesses = [{ action: 's3:PutObject', resource: objectArn(path.slice(1)) }];
      return { caller, service, operation: 'PutObject', accesses };
    }
    default:
      throw new Error(`the local stack does not offer the AWS service ${service || 'of an unsigned call'}`);
  }
}

/** SQS takes at most 900 s; fauxqs would take any. */
function refuseLongDelay(input: CallInput): void {
  const delays = [input, ...(input.Entries ?? [])].map(({ DelaySeconds = 0 }) => DelaySeconds);
  if (delays.some((seconds) => seconds > 900)) throw new Error('DelaySeconds must not exceed 900');
}

function lastPart(target: string): string {
  return target.slice(target.lastIndexOf('.') + 1);
}
