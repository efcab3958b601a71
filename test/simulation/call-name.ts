import type {
  BatchExecuteStatementCommandInput,
  BatchGetItemCommandInput,
  PutItemCommandInput,
  QueryCommandInput,
  UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { SendMessageBatchCommandInput } from '@aws-sdk/client-sqs';
import { cached } from './model/tokens.ts';
import type { Attributes } from './model/values.ts';

/** An SDK command, as far as a story tells of it. */
export interface Call {
  readonly input?: object;
}

/**
 * Names what a call does, such as `BatchExecuteStatement UPDATE delivery retrying`: each await of the pipelines has
 * a name of its own then, and with it a place to die at.
 */
export function nameOf(command: Call): string {
  return nameOfCall(operationOf(command.constructor.name), command.input ?? {});
}

const operationOf = cached((name) => name.replace(/Command$/, ''));

/** The same for an operation and its input, as they stand on the wire. */
export function nameOfCall(operation: string, input: object): string {
  const about = ABOUT[operation]?.(input as never);
  return about === undefined ? operation : `${operation} ${about}`;
}

const ABOUT: Readonly<Record<string, (input: never) => string | undefined>> = {
  BatchExecuteStatement: ({ Statements }: BatchExecuteStatementCommandInput) => statement(Statements?.[0]),
  BatchGetItem: ({ RequestItems = {} }: BatchGetItemCommandInput) =>
    kindOf(Object.values(RequestItems)[0]?.Keys?.[0]),
  GetItem: ({ Key }: { readonly Key?: Attributes }) => kindOf(Key),
  PutItem: ({ Item }: PutItemCommandInput) => kindOf(Item),
  Query: ({ IndexName, TableName, ExpressionAttributeValues }: QueryCommandInput) =>
    `${IndexName ?? TableName} ${listOf(ExpressionAttributeValues)}`.trimEnd(),
  UpdateItem: ({ UpdateExpression = '' }: UpdateItemCommandInput) =>
    /(?<!#)\b\w+ = .*/.exec(UpdateExpression)?.[0] ?? UpdateExpression,
  SendMessageBatch: ({ QueueUrl }: SendMessageBatchCommandInput) => QueueUrl,
};

type Statement = NonNullable<BatchExecuteStatementCommandInput['Statements']>[number];

/** Verb, kind of item, and the state that is written. Values stand in the order of their question marks. */
function statement({ Statement: text = '', Parameters = [] }: Partial<Statement> = {}): string {
  const [verb = ''] = text.split(' ', 1);
  const names = placesIn(text);
  const valueOf = (name: string): string => Parameters[names.indexOf(name)]?.S ?? '';
  const kind = kindOf({ pk: { S: valueOf('pk') }, sk: { S: valueOf('sk') } });
  return [verb, kind, valueOf('state')].filter(Boolean).join(' ');
}

/** Names of what stands for each question mark. There are few texts, and each is read thousands of times. */
const placesIn = cached((text) => [...text.matchAll(/["'](\w+)["']\s*[=:]\s*\?/g)].map(([, name]) => name));

/** The kinds whose sort key is an id. */
const BY_PARTITION: Readonly<Record<string, string>> = { F: 'fan-out', B: 'completion' };

function kindOf(key: Attributes | undefined): string {
  const letter = key?.['pk']?.S?.split('#')[2] ?? '';
  return BY_PARTITION[letter] ?? key?.['sk']?.S?.split('#', 1)[0] ?? '';
}

/** What the due index lists beside times: jobs, lots, and what is parked. */
function listOf(values: Attributes = {}): string {
  const [first] = Object.values(values);
  const [partition = '', second = '', third] = first?.S?.split('#') ?? [];
  if (partition === 'DUE') return /^[a-z]+$/.test(second) ? second : '';
  return third === 'L' ? 'parked' : '';
}
