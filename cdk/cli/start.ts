import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createConsoleView } from '../local/console-view.ts';
import { AlreadyRunning } from '../local/instance.ts';
import { type LocalStack, startLocalStack } from '../local/local-stack.ts';
import { PortInUse } from '../local/port-in-use.ts';
import { CommandError, type Terminal } from './terminal.ts';

export const START_USAGE = `fanfare start [--memory] [--port N] [--twin-port N] [--quiet] [--catalog FILE] [--isolate]

Runs the whole stack on this machine: API, queues, tables, functions, and a twin that plays the providers.
  --memory        keep nothing; without it data survive in .fanfare/
  --port N        port of the API (4100; 0 takes a free one)
  --twin-port N   port of the twin (4101; 0 takes a free one)
  --quiet         do not print a line per event and attempt
  --catalog FILE  make the catalog equal to FILE; without it an empty catalog gets an example
  --isolate       run functions as processes instead of threads`;

/** `fanfare start`: runs until it is told to stop; 0 when it stopped cleanly. */
export async function start(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      memory: { type: 'boolean', default: false },
      port: { type: 'string', default: '4100' },
      'twin-port': { type: 'string', default: '4101' },
      quiet: { type: 'boolean', default: false },
      catalog: { type: 'string' },
      isolate: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return (terminal.say(START_USAGE), 0);
  const catalog = values.catalog === undefined ? undefined : resolve(terminal.cwd, values.catalog);
  if (catalog !== undefined && !existsSync(catalog)) throw new CommandError(`there is no ${values.catalog}`);

  const ports = { port: portOf(values.port, '--port'), twinPort: portOf(values['twin-port'], '--twin-port') };

  const view = createConsoleView(terminal.say);
  const stopping = stopSignal(terminal);
  terminal.say('Fanfare starts: bundling the functions and reading the stack ...');
  const stack = await startLocalStack({
    dir: join(terminal.cwd, '.fanfare'),
    memory: values.memory,
    ...ports,
    isolate: values.isolate,
    ...(catalog !== undefined && { catalog }),
    // One line per attempt is what this level is for; --quiet leaves the stack as it is deployed.
    ...(values.quiet ? { view: { ...view, line: () => {} } } : { view, logLevel: 'debug' }),
    onBroken: stopping.because,
  }).catch((error: unknown) => {
    if (error instanceof PortInUse || error instanceof AlreadyRunning) throw new CommandError(error.message);
    throw error;
  });
  for (const line of welcome(stack, values.memory)) terminal.say(line);

  const broken = await stopping.asked;
  terminal.say('Fanfare stops: finishing what is in flight (Ctrl-C again stops at once) ...');
  await stack.close();
  if (broken !== undefined) terminal.complain(`Fanfare stopped: ${broken}`);
  return broken === undefined ? 0 : 1;
}

function portOf(text: string, flag: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port < 65_536) return port;
  throw new CommandError(`${flag} takes a port number, not ${text}`);
}

function welcome({ apiUrl, apiKey, twinUrl, engine }: LocalStack, memory: boolean): string[] {
  return [
    '',
    `  API    ${apiUrl}`,
    `  Twin   ${twinUrl}   every message, as its provider would show it`,
    `  Key    ${apiKey}`,
    `  Data   ${memory ? 'in memory' : '.fanfare/data'} (${engine})`,
    '',
    '  Try:',
    `  curl -i ${apiUrl}/v1/events -H 'authorization: Bearer ${apiKey}' -H 'content-type: application/json' \\`,
    `    -d '{"topic":"hello.world","severity":"info","data":{"title":"Hello","text":"It works."}}'`,
    '',
  ];
}

interface StopSignal {
  /** Resolves when somebody wants the stack to stop: `undefined` for a person, a text when something broke. */
  readonly asked: Promise<string | undefined>;
  readonly because: (text: string) => void;
}

/** npm hands on what the terminal has sent to everybody already: one Ctrl-C arrives twice. */
const SAME_SIGNAL_MS = 500;

/** Ctrl-C or SIGTERM asks to stop; the second one ends the process as it is, which loses nothing either. */
function stopSignal(terminal: Terminal): StopSignal {
  const { promise, resolve: ask } = Promise.withResolvers<string | undefined>();
  let askedAt: number | undefined;
  const onSignal = (): void => {
    askedAt ??= Date.now();
    ask(undefined);
    if (Date.now() - askedAt < SAME_SIGNAL_MS) return;
    terminal.complain('Fanfare stopped at once');
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  return { asked: promise, because: ask };
}
