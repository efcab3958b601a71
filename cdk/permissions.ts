import { Aws } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { consume, dynamodb, send, ses, sqs, ssm } from './grants.ts';

/** ARNs of what permissions speak of. */
export interface Things {
  /** Name of the stack, below which its secrets lie. */
  readonly name: string;
  readonly catalog: string;
  readonly ledger: string;
  readonly limits: string;
  readonly events: readonly string[];
  readonly deliver: readonly string[];
  readonly deadLetters: readonly string[];
}

const READ = ['GetItem', 'BatchGetItem', 'Query'];
const WRITE_ITEM = ['PutItem', 'UpdateItem'];
/** `BatchExecuteStatement` is allowed by the actions of its statements. */
const PARTIQL = ['PartiQLInsert', 'PartiQLUpdate', 'PartiQLSelect'];
const ITEM = ['GetItem', 'BatchGetItem', ...WRITE_ITEM, ...PARTIQL];

/** Where this stack's secrets lie in SSM; a destination refers to them by the rest of the name. */
export function secretsPath(stack: string): string {
  return `/fanfare/${stack}/`;
}

/** What each function may do: one line is one permission. */
export function permissions({ name, catalog, ledger, limits, events, deliver, deadLetters }: Things) {
  const here = `${Aws.REGION}:${Aws.ACCOUNT_ID}`;
  const secrets = `arn:${Aws.PARTITION}:ssm:${here}:parameter${secretsPath(name)}*`;
  const mailIdentities = `arn:${Aws.PARTITION}:ses:*:${Aws.ACCOUNT_ID}:identity/*`;

  return {
    ingest: [dynamodb(READ, catalog), dynamodb([...ITEM, 'Query'], ledger), send(...events)],
    fanOut: [dynamodb(READ, catalog), dynamodb(ITEM, ledger), send(...events, ...deliver)],
    /** `own` is the queue that retries and deferrals go back to. */
    deliver: (own: string) => [
      dynamodb([...READ, 'UpdateItem'], catalog),
      dynamodb([...ITEM, 'Query', 'DeleteItem'], ledger),
      dynamodb(['GetItem', 'BatchGetItem', ...WRITE_ITEM], limits),
      send(own),
      ssm(['GetParameters'], secrets),
    ],
    /** In addition, for functions that send mail through SES; the identity is a setting of a destination. */
    mail: [ses(['SendEmail'], mailIdentities)],
    deadLetters: [dynamodb(READ, catalog), dynamodb([...ITEM, 'Query'], ledger), consume(...deadLetters)],
    timers: [
      dynamodb(['GetItem', 'BatchGetItem', 'UpdateItem', 'PutItem', ...PARTIQL], ledger),
      dynamodb(['Query'], `${ledger}/index/due`),
      send(...events, ...deliver),
    ],
    manage: [
      dynamodb([...ITEM, 'Query', 'DeleteItem'], catalog),
      dynamodb([...ITEM, 'Query'], ledger),
      dynamodb(['Query'], `${ledger}/index/open`),
      dynamodb(['GetItem', 'BatchGetItem'], limits),
      send(...events, ...deliver),
      sqs(['GetQueueAttributes'], ...events, ...deliver, ...deadLetters),
      ssm(['GetParameters'], secrets),
    ],
  } satisfies Record<string, PolicyStatement[] | ((own: string) => PolicyStatement[])>;
}
