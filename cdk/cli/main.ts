#!/usr/bin/env node
import { CommandError, type Terminal, processTerminal } from './terminal.ts';

/** A command: exit code 0 when it did what was asked. */
type Run = (args: readonly string[], terminal: Terminal) => Promise<number>;

interface Command {
  readonly about: string;
  /** Loaded when it is called: no command pays for the imports of another. */
  readonly load: () => Promise<Run>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  start: {
    about: 'run the whole stack on this machine',
    load: async () => (await import('./start.ts')).start,
  },
  demo: {
    about: 'send a few events through a stack in memory and show what arrives',
    load: async () => {
      const { run } = await import('./demo.ts');
      return (args, terminal) => run([...args], terminal);
    },
  },
  apply: {
    about: 'make the catalog of a stack equal to a file',
    load: async () => (await import('./apply.ts')).apply,
  },
  send: {
    about: 'post events, one or thousands',
    load: async () => (await import('./send.ts')).send,
  },
  explain: {
    about: 'say who would hear of an event, who would not, and why',
    load: async () => (await import('./explain.ts')).explain,
  },
  dead: {
    about: 'look at deliveries that were given up; send one again, or end it',
    load: async () => (await import('./dead.ts')).dead,
  },
  replay: {
    about: 'send many again: dead deliveries, or past events',
    load: async () => (await import('./replay.ts')).replay,
  },
  pause: {
    about: 'hold deliveries back: of a destination, a channel, a tenant',
    load: async () => (await import('./pause.ts')).pause,
  },
  resume: {
    about: 'end a pause',
    load: async () => (await import('./pause.ts')).resume,
  },
  init: {
    about: 'make the first API key of a deployed stack',
    load: async () => (await import('./init.ts')).init,
  },
  doctor: {
    about: 'check that the tables of a deployed stack do what they should',
    load: async () => (await import('./doctor.ts')).doctor,
  },
};

const USAGE = [
  'fanfare COMMAND [options]',
  '',
  ...Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(8)}${about}`),
  '',
  'fanfare COMMAND --help tells more.',
].join('\n');

/** Runs one command; expected failures are told in a sentence, everything else is a fault of ours. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    terminal.say(USAGE);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    terminal.complain(`fanfare knows no command ${name}\n\n${USAGE}`);
    return 2;
  }
  try {
    return await (
      await command.load()
    )(args, terminal);
  } catch (error) {
    if (isUsageError(error)) {
      terminal.complain(`${error.message}\nfanfare ${name} --help tells more.`);
      return 2;
    }
    terminal.complain(error instanceof CommandError ? error.message : describe(error));
    return 1;
  }
}

/** `parseArgs` did not like an option. */
function isUsageError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

if (import.meta.main) {
  // Servers of the stack and pooled connections may be open still; the command has said what there is to say.
  process.exit(await main(process.argv.slice(2), processTerminal()));
}
