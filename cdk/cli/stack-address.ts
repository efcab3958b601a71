import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, type Terminal } from './terminal.ts';

/** `.fanfare/local.json`, which the local stack writes when it is ready. */
export interface LocalStack {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly twinUrl: string;
  /** Counters of AWS calls by function: GET reads, DELETE resets. */
  readonly statsUrl?: string;
  /** Every text in the file, by its name in capitals: `TWIN_URL`. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The API a command talks to. */
export interface StackAddress {
  readonly apiUrl: string;
  readonly apiKey: string;
  /** Present when it is the stack on this machine. */
  readonly local?: LocalStack;
}

/** Never handed to a catalog file. */
const PRIVATE = new Set(['apiKey']);

/** Reads what the local stack says of itself; `undefined` when none has been started in this folder. */
export async function readLocalStack(cwd: string): Promise<LocalStack | undefined> {
  const text = await readFile(join(cwd, '.fanfare', 'local.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const members: Readonly<Record<string, unknown>> = JSON.parse(text);
  const texts = Object.entries(members).filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string',
  );
  const { apiUrl = '', apiKey = '', twinUrl = '', statsUrl } = Object.fromEntries(texts);
  const variables = texts
    .filter(([name]) => !PRIVATE.has(name))
    .map(([name, value]) => [capitals(name), value] as const);
  return {
    apiUrl,
    apiKey,
    twinUrl,
    ...(statsUrl !== undefined && { statsUrl }),
    variables: Object.fromEntries(variables),
  };
}

/** `--api URL --key KEY`, the same from the environment, or the stack on this machine. */
export async function findStack(
  options: { readonly api?: string | undefined; readonly key?: string | undefined },
  { cwd, env }: Pick<Terminal, 'cwd' | 'env'>,
): Promise<StackAddress> {
  if (options.api !== undefined) {
    const apiKey = options.key ?? env['FANFARE_API_KEY'];
    if (!apiKey) throw new CommandError('--api needs a key: add --key KEY or set FANFARE_API_KEY');
    if (!URL.canParse(options.api))
      throw new CommandError('--api takes a URL such as https://abc.execute-api.eu-central-1.amazonaws.com');
    return { apiUrl: options.api.replace(/\/+$/, ''), apiKey };
  }
  const local = await readLocalStack(cwd);
  if (!local) {
    throw new CommandError(
      'no stack is running in this folder; start one with `npm start`, or name one with --api URL',
    );
  }
  return { apiUrl: local.apiUrl, apiKey: local.apiKey, local };
}

function capitals(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
