import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createApiClient, failureOf } from './api-client.ts';
import { type Explanation, explanationLines } from './explanation.ts';
import { findStack } from './stack-address.ts';
import { CommandError, type Terminal } from './terminal.ts';

export const EXPLAIN_USAGE = `fanfare explain [JSON | --file FILE | --event ID | --heartbeat ID] [--for WHO] [--at TIME] [--json]
  [--api URL --key KEY]

Says who would hear of an event, who would not, and why. Nothing is sent.
  JSON, --file  the event as it would be posted to /v1/events
  --event       an event that was posted, by its id
  --heartbeat   a heartbeat of the catalog, by its id: who would hear that it has stopped
  --for         a destination, or a person: why they hear of it, or do not
  --at          at this time instead of now, such as 2026-11-26T22:00:00Z
  --json        the whole answer: what would be sent included`;

/** `fanfare explain`: 0 when there is an explanation. */
export async function explain(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      api: { type: 'string' },
      key: { type: 'string' },
      file: { type: 'string' },
      event: { type: 'string' },
      heartbeat: { type: 'string' },
      for: { type: 'string' },
      at: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return (terminal.say(EXPLAIN_USAGE), 0);
  const { event: eventId, heartbeat } = values;
  const texts = [...positionals, ...(await textOf(values.file))];
  if ([...texts, ...[eventId, heartbeat].filter((one) => one !== undefined)].length !== 1)
    throw new CommandError('give one event: as JSON, by --file or by --event; or a --heartbeat');
  const [text] = texts;
  const of =
    text !== undefined ? { event: parse(text) } : heartbeat === undefined ? { eventId } : { heartbeat };
  const call = createApiClient(await findStack(values, terminal));
  const answer = await call<Explanation>('POST', '/v1/explain', {
    ...of,
    ...(values.for !== undefined && { for: values.for }),
    ...(values.at !== undefined && { at: values.at }),
  });
  if (answer.status !== 200) throw failureOf(answer);
  const lines = values.json ? [JSON.stringify(answer.body, undefined, 2)] : explanationLines(answer.body);
  for (const line of lines) terminal.say(line);
  return 0;
}

async function textOf(file: string | undefined): Promise<string[]> {
  if (file === undefined) return [];
  return [
    await readFile(file, 'utf8').catch(() => {
      throw new CommandError(`${file} cannot be read`);
    }),
  ];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError('the event is not valid JSON');
  }
}
