import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createApiClient } from './api-client.ts';
import { followEvents } from './follow-events.ts';
import { measure } from './measure.ts';
import { postAll, postGiven, testEvent } from './post-events.ts';
import { reportLines } from './send-report.ts';
import { findStack } from './stack-address.ts';
import { CommandError, type Terminal } from './terminal.ts';

export const SEND_USAGE = `fanfare send [JSON | --file FILE] [--count N] [--topic TOPIC] [--batch N] [--report]
  [--path PATH] [--no-wait] [--api URL --key KEY]

Posts events and waits until every delivery has arrived or ended.
  JSON, --file   the event, or an array of events; without them a test event is made
  --count        how many test events
  --topic        topic of the test events, "fanfare.send" when absent
  --batch        events per post, 1 to 500, 100 when absent
  --report       a table of deliveries, AWS calls and write units (stack on this machine)
  --path         another path than /v1/events, such as /webhook; the file goes there as it is
  --no-wait      do not wait for the deliveries`;

/** `fanfare send`: 0 when everything arrived, 1 when something is missing or was refused. */
export async function send(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      api: { type: 'string' },
      key: { type: 'string' },
      count: { type: 'string' },
      topic: { type: 'string', default: 'fanfare.send' },
      batch: { type: 'string', default: '100' },
      file: { type: 'string' },
      path: { type: 'string' },
      report: { type: 'boolean' },
      'no-wait': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return (terminal.say(SEND_USAGE), 0);
  const stack = await findStack(values, terminal);
  const call = createApiClient(stack);
  const given = values.file === undefined ? positionals[0] : await readText(values.file);

  if (given !== undefined) {
    const ids = await postGiven(call, values.path ?? '/v1/events', given);
    terminal.say(`Accepted: ${ids.join(', ')}`);
    return values['no-wait'] ? 0 : followEvents(call, ids, terminal);
  }
  const count = wholeNumber('--count', values.count ?? '1', 1_000_000);
  const batch = wholeNumber('--batch', values.batch, 500);
  const run = `f${randomBytes(8).toString('hex')}`;
  const events = Array.from({ length: count }, (_, n) => testEvent(run, n, values.topic));
  if (!stack.local) {
    const ids = await postAll(call, events, batch, terminal);
    return values['no-wait'] ? 0 : followEvents(call, ids, terminal);
  }
  const result = await measure(call, stack.local, { run, events, batch, wait: !values['no-wait'] }, terminal);
  if (values['no-wait']) return 0;
  const lines = reportLines(values.report ? result : { ...result, functions: undefined });
  for (const line of lines) terminal.say(line);
  return result.delivered >= result.expected ? 0 : 1;
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => {
    throw new CommandError(`${file} cannot be read`);
  });
}

function wholeNumber(name: string, text: string, max: number): number {
  const number = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > max) throw new CommandError(`${name} takes a whole number from 1 to ${max}`);
  return number;
}
