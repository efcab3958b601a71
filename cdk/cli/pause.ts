import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { OPERATOR, type PauseTarget, pauseId } from '../../lib/core/pause.ts';
import { registry } from '../../lib/registry.ts';
import { createPauses } from '../../lib/stores/pauses.ts';
import { createApiClient, failureOf } from './api-client.ts';
import { forPeople } from './aws-error.ts';
import { describeStack } from './describe-stack.ts';
import { findStack } from './stack-address.ts';
import { CommandError, type Terminal } from './terminal.ts';

const TARGETS = `  --destination  what goes to one destination
  --channel      what goes to the destinations of a channel
  --tenant       everything of the tenant`;

const PLACES = `  --api, --key   a deployed stack; the key may stand in FANFARE_API_KEY instead. Default: the stack on this machine
  --all          for every tenant, alone or with --channel; takes your own AWS credentials and
  --stack        the name of the CloudFormation stack, with --region if it is not the default one
  --table        name of the catalog table, when the stack cannot be described`;

export const PAUSE_USAGE = `fanfare pause --destination NAME | --channel NAME | --tenant | --all [--reason TEXT]
fanfare pause list

Holds deliveries back within 10 s, until "fanfare resume". They wait, and use up no attempt.
${TARGETS}
  --reason       a text for people who wonder later
${PLACES}`;

export const RESUME_USAGE = `fanfare resume --destination NAME | --channel NAME | --tenant | --all

Ends a pause. What was held back follows within a minute or two, no faster than the limits.
${TARGETS}
${PLACES}`;

/** A pause as the API shows it. */
interface PauseView {
  readonly id: string;
  readonly reason?: string;
  readonly since: string;
  readonly operator?: boolean;
}

type Values = ReturnType<typeof parse>['values'];

/** `fanfare pause`: 0 when it is paused, or listed. */
export async function pause(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help) return (terminal.say(PAUSE_USAGE), 0);
  if (positionals.join() === 'list') return await list(values, terminal);
  const target = targetOf(values, positionals, PAUSE_USAGE);
  const { reason } = values;
  if (values.all) {
    const id = pauseId(target);
    const at = Date.now();
    await withPauses(values, terminal, async ({ put }) =>
      put(OPERATOR, { id, target, at, ...(reason !== undefined && { reason }) }),
    );
  } else await ask(values, terminal, 'POST', '/v1/pauses', { ...target, reason });
  terminal.say(`Paused ${nameOf(target, values)}; it takes effect within 10 s.`);
  return 0;
}

/** `fanfare resume`: 0 when the pause is over, 1 when there was none. */
export async function resume(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help) return (terminal.say(RESUME_USAGE), 0);
  const target = targetOf(values, positionals, RESUME_USAGE);
  const id = pauseId(target);
  const ended = values.all
    ? await withPauses(values, terminal, async ({ remove }) => remove(OPERATOR, id, Date.now()))
    : (await ask(values, terminal, 'DELETE', `/v1/pauses/${encodeURIComponent(id)}`)).status !== 404;
  const name = nameOf(target, values);
  terminal.say(
    ended ? `Resumed ${name}; what waits follows within a minute or two.` : `No pause of ${name}.`,
  );
  return ended ? 0 : 1;
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      destination: { type: 'string' },
      channel: { type: 'string' },
      tenant: { type: 'boolean' },
      all: { type: 'boolean' },
      reason: { type: 'string' },
      api: { type: 'string' },
      key: { type: 'string' },
      stack: { type: 'string' },
      region: { type: 'string' },
      table: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
}

function targetOf(
  { destination, channel, tenant, all }: Values,
  positionals: readonly string[],
  usage: string,
): PauseTarget {
  const targets: PauseTarget[] = [
    ...(destination === undefined ? [] : [{ destination }]),
    ...(channel === undefined ? [] : [{ channel }]),
    ...(tenant || (all && channel === undefined) ? [{ tenant: true as const }] : []),
  ];
  const [target, ...more] = targets;
  const isWrong = positionals.length > 0 || more.length > 0 || (all && (tenant || destination !== undefined));
  if (!target || isWrong) throw new CommandError(`name one thing\n\n${usage}`);
  if (all && channel !== undefined && !registry.has(channel))
    throw new CommandError(`there is no such channel; the channels are ${[...registry.keys()].join(', ')}`);
  return target;
}

function nameOf(target: PauseTarget, { all }: Values): string {
  const name = 'tenant' in target ? 'everything' : pauseId(target).replace(':', ' ');
  return all ? `${name}, for every tenant` : name;
}

async function list(values: Values, terminal: Terminal): Promise<number> {
  const answer = await ask<{ readonly items: readonly PauseView[] }>(values, terminal, 'GET', '/v1/pauses');
  for (const { id, reason = '', since, operator } of answer.body.items)
    terminal.say([since, id, ...(operator ? ['for every tenant'] : []), reason].filter(Boolean).join('  '));
  if (answer.body.items.length === 0) terminal.say('Nothing is paused.');
  return 0;
}

async function ask<T>(values: Values, terminal: Terminal, method: string, path: string, body?: unknown) {
  const call = createApiClient(await findStack(values, terminal));
  const answer = await call<T>(method, path, body);
  if (answer.status >= 300 && !(method === 'DELETE' && answer.status === 404)) throw failureOf(answer);
  return answer;
}

/** Works on the catalog table of a deployed stack itself: no API key speaks for every tenant. */
async function withPauses<T>(
  { stack, region, table }: Values,
  { env }: Terminal,
  act: (pauses: ReturnType<typeof createPauses>) => Promise<T>,
): Promise<T> {
  if (stack === undefined && table === undefined) throw new CommandError('--all takes --stack NAME');
  const client = new DynamoDBClient(region === undefined ? {} : { region });
  try {
    const name = table ?? (await describeStack(stack ?? '', client, env)).catalogTable;
    if (name === undefined) throw new CommandError('the stack has no catalog table; name it with --table');
    return await act(createPauses({ client, name, wait: async (ms) => sleep(ms) }));
  } catch (error) {
    throw forPeople(error);
  } finally {
    client.destroy();
  }
}
