import { Aws } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { consume, dynamodb, look, send, ses, ssm } from './grants.ts';

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
  /** The queues of ordered topics, in a stack that has them. */
  readonly ordered?: { readonly events: string; readonly deliver: string };
}

/** A snapshot of the catalog: its version item, then everything. */
const SNAPSHOT = ['GetItem', 'Query'];
/** And recipients, by their keys. */
const CATALOG = [...SNAPSHOT, 'BatchGetItem'];
/** `BatchExecuteStatement` is allowed by the actions of its statements. */
const PARTIQL = ['PartiQLInsert', 'PartiQLUpdate', 'PartiQLSelect'];

/** Where this stack's secrets lie in SSM; a destination refers to them by the rest of the name. */
export function secretsPath(stack: string): string {
  return `/fanfare/${stack}/`;
}

/** What each function may do: one line is one permission. */
export function permissions(things: Things) {
  const { name, catalog, ledger, limits, events, deliver, deadLetters, ordered } = things;
  const here = `${Aws.REGION}:${Aws.ACCOUNT_ID}`;
  const secrets = `arn:${Aws.PARTITION}:ssm:${here}:parameter${secretsPath(name)}*`;
  const orderedQueues = ordered ? [ordered.events, ordered.deliver] : [];
  const mail = `arn:${Aws.PARTITION}:ses:*:${Aws.ACCOUNT_ID}:`;

  const fanOut = [
    dynamodb(CATALOG, catalog),
    // Rules of inhibition ask which alerts fire; the last window of a group is found by a query.
    dynamodb(['BatchGetItem', 'PutItem', 'Query', ...PARTIQL], ledger),
    dynamodb(['UpdateItem'], limits),
  ];
  const sender = [
    dynamodb([...CATALOG, 'PutItem', 'UpdateItem'], catalog),
    dynamodb(['BatchGetItem', 'PutItem', 'UpdateItem', ...PARTIQL], ledger),
    dynamodb(['BatchGetItem', 'UpdateItem'], limits),
    ssm(['GetParameters'], secrets),
  ];

  return {
    ingest: [
      // What topics are ordered, or urgent, is a snapshot.
      dynamodb(SNAPSHOT, catalog),
      dynamodb(['BatchGetItem', ...PARTIQL], ledger),
      dynamodb(['BatchGetItem', 'UpdateItem'], limits),
      send(...events, ...(ordered ? [ordered.events] : [])),
    ],
    /** `own` is the queue that the rest of a split event goes back to. */
    fanOut: (own: string) => [...fanOut, send(own, ...deliver)],
    /** Nothing goes back: it would change the order. */
    fanOutOrdered: [...fanOut, ...(ordered ? [send(ordered.deliver)] : [])],
    /**
     * Retries and appointments go back to their queue, or to that of the channel their destination has by now. A
     * destination that is gone is disabled, and its tenant hears of it by an event; what fails over is one again.
     */
    deliver: [...sender, send(...deliver, ...events)],
    deliverOrdered: [...sender, send(...events)],
    /**
     * In addition for functions that send mail through SES: the identity is a setting of a destination, and an
     * identity may bring a configuration set, for which SES wants a permission too (aws-cdk issue 34402).
     */
    mail: [ses(['SendEmail'], `${mail}identity/*`, `${mail}configuration-set/*`)],
    deadLetters: [
      dynamodb(CATALOG, catalog),
      dynamodb(['BatchGetItem', 'PutItem', 'Query', ...PARTIQL], ledger),
      consume(...deadLetters),
    ],
    timers: [
      dynamodb(CATALOG, catalog),
      dynamodb(['BatchGetItem', 'PutItem', 'Query', 'PartiQLInsert', 'PartiQLUpdate'], ledger),
      dynamodb(['Query'], `${ledger}/index/due`, `${ledger}/index/open`),
      send(...events, ...deliver),
    ],
    manage: [
      dynamodb([...CATALOG, 'PutItem', 'UpdateItem', 'DeleteItem'], catalog),
      dynamodb(['BatchGetItem', 'Query', ...PARTIQL], ledger),
      dynamodb(['Query'], `${ledger}/index/open`),
      dynamodb(['BatchGetItem'], limits),
      send(...events),
      look(...events, ...deliver, ...orderedQueues, ...deadLetters),
      ssm(['GetParameters'], secrets),
    ],
  } satisfies Record<string, PolicyStatement[] | ((own: string) => PolicyStatement[])>;
}
