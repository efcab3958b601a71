import { parseArgs } from 'node:util';
import type { DeliveryView } from '../../lib/core/views.ts';
import { type ApiClient, createApiClient, failureOf } from './api-client.ts';
import { findStack } from './stack-address.ts';
import { CommandError, type Terminal } from './terminal.ts';

export const DEAD_USAGE = `fanfare dead [list] [--limit N]
fanfare dead show ID | replay ID | discard ID

Shows the deliveries that were given up, newest first, one with its attempts, sends it again, or ends it for good.
"fanfare replay --dead" sends many again.
  --limit        at most so many; 100 when absent
  --api, --key   a deployed stack; the key may stand in FANFARE_API_KEY instead. Default: the stack on this machine`;

const VERBS = new Set(['show', 'replay', 'discard']);
const PAGE = 1_000;

/** `fanfare dead`: 0 when it did what was asked. */
export async function dead(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      limit: { type: 'string', default: '100' },
      api: { type: 'string' },
      key: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return (terminal.say(DEAD_USAGE), 0);
  const [verb = 'list', id] = positionals;
  if (!/^[1-9]\d{0,5}$/.test(values.limit)) throw new CommandError('--limit takes a number from 1 to 999999');
  if (verb !== 'list' && !(VERBS.has(verb) && id !== undefined))
    throw new CommandError(`say what to do\n\n${DEAD_USAGE}`);
  const call = createApiClient(await findStack(values, terminal));
  if (verb === 'list') return await list(call, Number(values.limit), terminal);

  const path = `/v1/deliveries/${encodeURIComponent(id ?? '')}`;
  const answer =
    verb === 'show'
      ? await call<DeliveryView>('GET', path)
      : await call<DeliveryView>('POST', `${path}/${verb}`);
  if (answer.status >= 300) throw failureOf(answer);
  for (const line of verb === 'show' ? detailsOf(answer.body) : [`${answer.body.id}  ${answer.body.state}`])
    terminal.say(line);
  return 0;
}

interface Page {
  readonly items: readonly DeliveryView[];
  readonly cursor?: string;
}

async function list(call: ApiClient, limit: number, terminal: Terminal): Promise<number> {
  let shown = 0;
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ state: 'dead', limit: String(Math.min(PAGE, limit - shown)) });
    if (cursor !== undefined) query.set('cursor', cursor);
    const answer = await call<Page>('GET', `/v1/deliveries?${query.toString()}`);
    if (answer.status !== 200) throw failureOf(answer);
    for (const item of answer.body.items) terminal.say(lineOf(item));
    shown += answer.body.items.length;
    ({ cursor } = answer.body);
    if (answer.body.items.length === 0) break;
  } while (cursor !== undefined && shown < limit);
  if (shown === 0) terminal.say('Nothing is dead.');
  return 0;
}

function lineOf({ id, channel = '', reason = '', cause, attempt, changedAt = '' }: DeliveryView): string {
  const why = cause === undefined ? reason : `${reason} (${cause})`;
  return `${changedAt}  ${id}  ${channel}  ${why} after attempt ${attempt}`;
}

function detailsOf(delivery: DeliveryView): string[] {
  const { id, state, channel, reason, since, nextAt, attempts = [] } = delivery;
  const facts = { channel, since, nextAt };
  return [
    `${id}  ${state}${reason === undefined ? '' : ` (${reason})`}`,
    ...Object.entries(facts).flatMap(([name, value]) =>
      value === undefined ? [] : [`  ${name.padEnd(8)} ${value}`],
    ),
    ...attempts.map(({ n, at, outcome, status, reason: cause, ms, detail }) =>
      [`  #${n}`, at, outcome, status, cause, ms === undefined ? undefined : `${ms} ms`, detail]
        .filter((part) => part !== undefined)
        .join('  '),
    ),
  ];
}
