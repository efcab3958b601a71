import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { toId } from '../../lib/core/id.ts';
import type { ReplayPreview } from '../../lib/core/replay.ts';
import { type ApiClient, createApiClient, failureOf } from './api-client.ts';
import { findStack } from './stack-address.ts';
import { CommandError, type Terminal } from './terminal.ts';

export const REPLAY_USAGE = `fanfare replay --dead [--destination NAME] [--reason REASON] [--cause CAUSE] [--from TIME] [--to TIME]
fanfare replay --topic TOPIC --from TIME --to TIME [--destinations A,B]
fanfare replay list | status ID | pause ID | resume ID | cancel ID

Sends many again: dead deliveries, or past events. It shows what that means, asks, and then follows it; Ctrl-C
stops the following, not the replay.
  --reason       why it was given up, such as exhausted or rejected
  --cause        why its last attempt failed, such as serverError or authError
  --preview      only show what it would do
  --yes          do not ask
  --no-wait      do not follow it
  --id           a name of your own: the same command twice is one replay
  --api, --key   a deployed stack; the key may stand in FANFARE_API_KEY instead. Default: the stack on this machine`;

/** A replay as the API shows it. */
interface Replay {
  readonly id: string;
  readonly state: string;
  readonly expected: number;
  readonly sent: number;
  readonly skipped: number;
}

const VERBS = new Set(['status', 'pause', 'resume', 'cancel']);
const POLL_MS = 5_000;

/** `fanfare replay`: 0 when the replay is done or was only looked at, 1 when it was not started or cancelled. */
export async function replay(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      dead: { type: 'boolean' },
      destination: { type: 'string' },
      reason: { type: 'string' },
      cause: { type: 'string' },
      topic: { type: 'string' },
      destinations: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      id: { type: 'string' },
      preview: { type: 'boolean' },
      yes: { type: 'boolean' },
      'no-wait': { type: 'boolean' },
      api: { type: 'string' },
      key: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return (terminal.say(REPLAY_USAGE), 0);
  const [verb, id] = positionals;
  const isNew = verb === undefined && (values.dead === true) !== (values.topic !== undefined);
  if (!isNew && verb !== 'list' && !(verb !== undefined && VERBS.has(verb) && id !== undefined))
    throw new CommandError(`say what to replay\n\n${REPLAY_USAGE}`);
  const call = createApiClient(await findStack(values, terminal));
  if (verb === 'list') return await list(call, terminal);
  if (verb !== undefined) return await turn(call, verb, id ?? '', terminal);

  const { destination, reason, cause, topic, destinations, from, to } = values;
  const filter =
    topic === undefined
      ? { state: 'dead', destination, reason, cause, from, to }
      : { topic, from, to, destinations: destinations?.split(',').map((name) => name.trim()) };
  const plan = await ask<ReplayPreview>(call, 'POST', '/v1/replays', { ...filter, preview: true });
  for (const line of linesOf(plan)) terminal.say(line);
  if (values.preview || plan.count === 0) return 0;
  const sure = values.yes ?? (await terminal.ask(`Send ${plan.count} again?`));
  if (sure === undefined) throw new CommandError('nobody is here to say yes; add --yes');
  if (!sure) return 1;
  const named = { id: values.id ?? toId(randomBytes(9)), ...filter };
  const started = await ask<Replay>(call, 'POST', '/v1/replays', named);
  terminal.say(`Replay ${started.id} runs; fanfare replay cancel ${started.id} ends it.`);
  return values['no-wait'] ? 0 : await follow(call, started.id, terminal);
}

async function ask<T>(call: ApiClient, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await call<T>(method, path, body);
  if (answer.status >= 300) throw failureOf(answer);
  return answer.body;
}

async function list(call: ApiClient, terminal: Terminal): Promise<number> {
  const { items } = await ask<{ readonly items: readonly Replay[] }>(call, 'GET', '/v1/replays');
  for (const one of items) terminal.say(formatReplay(one));
  if (items.length === 0) terminal.say('There are no replays.');
  return 0;
}

async function turn(call: ApiClient, verb: string, id: string, terminal: Terminal): Promise<number> {
  const path = `/v1/replays/${encodeURIComponent(id)}`;
  const found =
    verb === 'status'
      ? await ask<Replay>(call, 'GET', path)
      : await ask<Replay>(call, 'POST', `${path}/${verb}`);
  terminal.say(formatReplay(found));
  return 0;
}

/** Shows how far it is until it is over. The replay goes on without anybody who watches. */
async function follow(call: ApiClient, id: string, terminal: Terminal): Promise<number> {
  for (;;) {
    const found = await ask<Replay>(call, 'GET', `/v1/replays/${id}`);
    if (found.state !== 'running') {
      terminal.progress('');
      terminal.say(formatReplay(found));
      return found.state === 'done' ? 0 : 1;
    }
    terminal.progress(formatReplay(found));
    await terminal.wait(POLL_MS);
  }
}

/** `monday  running  150 of about 2,000 handed out, 3 skipped` */
export function formatReplay({ id, state, expected, sent, skipped }: Replay): string {
  const counts = `${grouped(sent)} of about ${grouped(expected)} handed out`;
  return `${id}  ${state}  ${counts}${skipped > 0 ? `, ${grouped(skipped)} skipped` : ''}`;
}

function linesOf({
  count,
  complete,
  byDestination,
  seconds,
  usd,
  likelyDuplicates,
}: ReplayPreview): string[] {
  if (count === 0) return ['There is nothing to replay.'];
  const rows = Object.entries(byDestination).map(([id, one]) => `  ${id.padEnd(24)} ${grouped(one)}`);
  return [
    `${complete ? '' : 'At least '}${grouped(count)} deliveries:`,
    ...rows,
    `Takes at least ${durationOf(seconds)} and costs about $${usd} of AWS.`,
    ...(likelyDuplicates > 0 ? [`About ${grouped(likelyDuplicates)} may have arrived before.`] : []),
  ];
}

function durationOf(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
