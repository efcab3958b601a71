import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { registry } from '../../lib/registry.ts';
import { startLocalStack } from '../local/local-stack.ts';
import type { InboxEntry } from '../local/twin/inbox-view.ts';
import { createApiClient, failureOf } from './api-client.ts';
import { fetchJson } from './fetch-json.ts';
import { CommandError, type Terminal, processTerminal } from './terminal.ts';

const HELP = `fanfare demo [incident]

Boots the whole stack in memory, sends an Alertmanager webhook, a batch of CloudEvents and one event, and shows
what each channel's provider received. Exit code 0 when every message came out once, 1 otherwise.

  incident  a night of an incident under a virtual clock instead: grouped, edited, escalated, silenced, held
  --help    this text
`;

const FIXTURES = join(import.meta.dirname, '../../test/fixtures');
const CLOUD_EVENTS = 'application/cloudevents-batch+json';

/** What is sent: a file, the route it goes to, and the titles that must come out on every channel. */
const POSTS = [
  {
    name: 'an Alertmanager webhook',
    file: 'alertmanager-firing-1.json',
    path: '/webhook',
    titles: ['HighErrorRate'],
  },
  {
    name: 'a batch of CloudEvents',
    file: 'cloudevents-batch.json',
    path: '/v1/events',
    type: CLOUD_EVENTS,
    titles: ['Order 4711 paid', 'Order 4712 shipped', 'note'],
  },
  { name: 'one event', file: 'event.json', path: '/v1/events', titles: ['Order 4711 paid'] },
] as const;

const EXPECTED = POSTS.reduce((sum, { titles }) => sum + titles.length, 0);
/** One message a second and chat is the slowest limit; the rest is for slow machines. */
const PATIENCE_MS = 40_000;

export async function run(argv: string[], terminal: Terminal = processTerminal()): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { help: { type: 'boolean' } },
  });
  const [story, ...more] = positionals;
  if (values.help) {
    terminal.say(HELP);
    return 0;
  }
  if (story === 'incident' && more.length === 0) {
    const { demoIncident } = await import('./demo-incident.ts');
    return demoIncident(terminal);
  }
  if (story !== undefined) throw new CommandError(`demo knows no ${story}; write incident or nothing`);
  terminal.say('booting the stack in memory ...');
  const stack = await startLocalStack();
  try {
    const api = createApiClient(stack);
    for (const { name, file, path, ...post } of POSTS) {
      const body: unknown = JSON.parse(await readFile(join(FIXTURES, file), 'utf8'));
      const headers: Record<string, string> = 'type' in post ? { 'content-type': post.type } : {};
      const answer = await api('POST', path, body, headers);
      if (answer.status !== 202 && answer.status !== 200) throw failureOf(answer);
      terminal.say(`posted ${name} to ${path}: ${answer.status}`);
    }
    const received = await receive(stack.twinUrl, terminal);
    const wrong = check(received);
    terminal.say(`\n${table(received)}\n`);
    for (const line of wrong) terminal.complain(line);
    terminal.say(
      wrong.length === 0 ? `every channel received each of the ${EXPECTED} messages once` : 'the demo failed',
    );
    return wrong.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    terminal.complain(error.message);
    return 1;
  } finally {
    await stack.close();
  }
}

/** Waits until everything has come out, or the patience has run out. */
async function receive(twinUrl: string, terminal: Terminal): Promise<readonly InboxEntry[]> {
  const readInbox = () => fetchJson<readonly InboxEntry[]>(`${twinUrl}/inbox.json`);
  const wanted = EXPECTED * registry.size;
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const inbox = await readInbox();
    terminal.progress(`${inbox.length} of ${wanted} messages`);
    if (inbox.length >= wanted || Date.now() > until) {
      // A duplicate would come late.
      await sleep(500);
      terminal.progress('');
      return readInbox();
    }
    await sleep(200);
  }
}

/** What is missing, doubled or refused, one line each. */
function check(received: readonly InboxEntry[]): string[] {
  const wrong: string[] = [];
  for (const channel of registry.keys()) {
    const own = received.filter((message) => message.channel === channel);
    const refused = own.filter(({ verdict }) => verdict === 'refused');
    if (own.length !== EXPECTED) wrong.push(`${channel}: ${own.length} messages instead of ${EXPECTED}`);
    if (refused.length > 0) wrong.push(`${channel}: its twin refused ${refused.length}`);
    wrong.push(...titlesMissing(channel, own));
  }
  return wrong;
}

function titlesMissing(channel: string, own: readonly InboxEntry[]): string[] {
  return POSTS.flatMap(({ titles }) => titles)
    .filter((title) => !own.some(({ raw }) => plain(raw).includes(title)))
    .map((title) => `${channel}: "${title}" is missing`);
}

/** Undoes what mail does to long lines, so that titles can be found. */
function plain(raw: string): string {
  return raw.replaceAll(/=\r?\n/g, '').replaceAll(/=20/g, ' ');
}

function table(received: readonly InboxEntry[]): string {
  const rows = received.map((message) => [message.channel, message.destination, firstTitle(message)]);
  const head = ['channel', 'destination', 'message'];
  const cells = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const sorted = rows.toSorted((a, b) => (a[0] ?? '').localeCompare(b[0] ?? ''));
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...sorted.map(line)].join('\n');
}

function firstTitle({ raw }: InboxEntry): string {
  const text = plain(raw);
  return POSTS.flatMap(({ titles }) => titles).find((title) => text.includes(title)) ?? '?';
}
