import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { API_KEY_BYTES, createApiKey, formatApiKey, hashSecret } from '../../lib/core/api-key.ts';
import { type ApiScope, SCOPES } from '../../lib/core/catalog.ts';
import { NAME } from '../../lib/core/event.ts';
import { createCredentialWriter } from '../../lib/stores/credential-writer.ts';
import { describeStack } from './describe-stack.ts';
import { forPeople } from './aws-error.ts';
import { CommandError, type Terminal } from './terminal.ts';

export const INIT_USAGE = `fanfare init --stack NAME [--region REGION] [--scopes send,read,manage,beat] [--table NAME] [--tenant NAME]

Makes an API key of a deployed stack with your own AWS credentials and prints it once.
  --stack    name of the CloudFormation stack
  --scopes   what the key may do; everything when absent
  --table    name of the catalog table, when the stack cannot be described
  --tenant   owner of the key, "default" when absent`;

/** `fanfare init`: the first API key after a deployment, or a further one. */
export async function init(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      stack: { type: 'string' },
      region: { type: 'string' },
      scopes: { type: 'string' },
      table: { type: 'string' },
      tenant: { type: 'string', default: 'default' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return (terminal.say(INIT_USAGE), 0);
  if (values.stack === undefined && values.table === undefined)
    throw new CommandError(`name the stack\n\n${INIT_USAGE}`);
  const scopes = parseScopes(values.scopes);
  if (!NAME.test(values.tenant)) throw new CommandError('a tenant is named by a-z, 0-9, "_" and "-"');

  const client = new DynamoDBClient(values.region === undefined ? {} : { region: values.region });
  try {
    const stack =
      values.stack === undefined ? undefined : await describeStack(values.stack, client, terminal.env);
    const table = values.table ?? stack?.catalogTable;
    if (table === undefined) throw new CommandError('the stack has no catalog table; name it with --table');
    const key = createApiKey('live', randomBytes(API_KEY_BYTES));
    const item = { tenant: values.tenant, hash: hashSecret(key.secret), scopes, createdAt: Date.now() };
    const writer = createCredentialWriter({ client, name: table, wait: async (ms) => sleep(ms) });
    if (!(await writer.putKey(key.id, item)))
      throw new CommandError('the new key could not be stored; try again');
    show(formatApiKey(key), scopes, stack?.apiUrl, terminal);
    return 0;
  } catch (error) {
    throw forPeople(error);
  } finally {
    client.destroy();
  }
}

function parseScopes(text: string | undefined): readonly ApiScope[] {
  if (text === undefined) return SCOPES;
  const wanted = text.split(',').map((scope) => scope.trim());
  const scopes = SCOPES.filter((scope) => wanted.includes(scope));
  if (scopes.length === 0 || scopes.length < new Set(wanted).size) {
    throw new CommandError(`--scopes takes some of ${SCOPES.join(', ')}, joined by commas`);
  }
  return scopes;
}

function show(key: string, scopes: readonly ApiScope[], apiUrl: string | undefined, { say }: Terminal): void {
  say(`API key (${scopes.join(', ')}), shown this once:\n\n  ${key}\n`);
  if (apiUrl === undefined) return;
  say(
    `API: ${apiUrl}\n\nNext:\n  export FANFARE_API_KEY=${key.slice(0, 22)}...\n  npm run apply -- catalog.yaml --api ${apiUrl}`,
  );
}
