import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Written } from '../../lib/core/written.ts';
import {
  type Table,
  execute,
  getItems,
  insert,
  keyText,
  toAttributes,
  update,
} from '../../lib/stores/table.ts';
import { forPeople } from './aws-error.ts';
import { describeStack } from './describe-stack.ts';
import { CommandError, type Terminal } from './terminal.ts';

export const DOCTOR_USAGE = `fanfare doctor --stack NAME [--region REGION] [--table NAME]

Writes, changes and removes one item of its own in the ledger of a deployed stack, with your own AWS credentials
and the very statements that deliveries depend on.
  --stack    name of the CloudFormation stack
  --table    name of the ledger table, when the stack cannot be described`;

/** `fanfare doctor`: whether DynamoDB does what the emulators do. Once after a first deployment is enough. */
export async function doctor(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      stack: { type: 'string' },
      region: { type: 'string' },
      table: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return (terminal.say(DOCTOR_USAGE), 0);
  const client = new DynamoDBClient(values.region === undefined ? {} : { region: values.region });
  try {
    const stack =
      values.stack === undefined ? undefined : await describeStack(values.stack, client, terminal.env);
    const name = values.table ?? stack?.ledgerTable;
    if (name === undefined) throw new CommandError(`name the stack, or its ledger table\n\n${DOCTOR_USAGE}`);
    const wrong = await examine({ client, name, wait: async (ms) => sleep(ms) });
    for (const line of wrong) terminal.complain(line);
    if (wrong.length === 0) terminal.say(`The ledger ${name} reads every statement as it should.`);
    return wrong.length === 0 ? 0 : 1;
  } catch (error) {
    throw forPeople(error);
  } finally {
    client.destroy();
  }
}

/** What is not as it should be, a line each. Leaves nothing behind. */
async function examine(table: Table): Promise<readonly string[]> {
  const key = { pk: `doctor#${randomUUID()}`, sk: 'doctor' };
  const first = { ...key, a: 1, b: 'x', old: true };
  const steps = [
    ['an INSERT', insert(table, first), 'written'],
    ['an INSERT of what exists', insert(table, first), 'conflict'],
    [
      'an UPDATE with SET, REMOVE and a condition',
      update(table, key, { a: 2, b: 'y' }, { a: 1 }, 'old'),
      'written',
    ],
    ['an UPDATE whose condition fails', update(table, key, { a: 3, b: 'z' }, { a: 1 }), 'conflict'],
  ] as const;
  const wrong: string[] = [];
  try {
    for (const [about, statement, wanted] of steps) {
      const [answer] = await execute(table, [statement]);
      if (answer?.kind !== wanted) wrong.push(`${about} was answered ${told(answer)} instead of ${wanted}`);
    }
    const item = (await getItems(table, [key])).get(keyText(key));
    const left = JSON.stringify({ a: item?.['a'], b: item?.['b'], old: item?.['old'] });
    if (left !== '{"a":2,"b":"y"}') wrong.push(`the item became ${left} instead of {"a":2,"b":"y"}`);
  } finally {
    await table.client.send(new DeleteItemCommand({ TableName: table.name, Key: toAttributes(key) }));
  }
  return wrong;
}

function told(answer: Written | undefined): string {
  return answer?.kind === 'unknown' ? answer.code : String(answer?.kind);
}
