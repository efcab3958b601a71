import { readFile } from 'node:fs/promises';
import { isObject } from '../core/is-object.ts';
import { describeError } from '../core/redact.ts';
import { type AwsSend, callSsm } from './aws.ts';
import { readEnv, readOptionalEnv } from './env.ts';

export interface Secrets {
  /**
   * Values by reference name; a name without a value is absent.
   * @throws SecretsError when a value could not be looked up and no recent one is known.
   */
  readonly get: (names: readonly string[]) => Promise<ReadonlyMap<string, string>>;
}

/**
 * Secrets of one tenant. References are looked up below the tenant's own path, so that no catalog can name
 * another tenant's.
 */
export function tenantSecrets(secrets: Secrets) {
  return async (tenant: string, names: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    const values = await secrets.get(names.map((name) => `${tenant}/${name}`));
    return new Map(names.flatMap((name) => pair(name, values.get(`${tenant}/${name}`))));
  };
}

/** Reads values at their source; names without a value are absent. */
export type LoadSecrets = (names: readonly string[]) => Promise<ReadonlyMap<string, string>>;

export interface SecretsDeps {
  readonly load: LoadSecrets;
  readonly now?: () => number;
  /** How long a value is used without looking again; 300 s unless given. */
  readonly freshMs?: number;
}

/** The source of secrets does not answer. */
export class SecretsError extends Error {
  override readonly name = 'SecretsError';
}

const FRESH_MS = 300_000;
/** Whoever edits the file wants to see it work. */
const FILE_FRESH_MS = 1_000;
/** A parameter that was missing may be made at any moment. */
const MISSING_FRESH_MS = 10_000;
/** How long an old value is used while the source does not answer. */
const STALE_MS = 600_000;

interface Known {
  readonly value: string | undefined;
  readonly at: number;
}

/** Secrets with a memory: one look-up serves 300 s, and 10 min more while the source is down. */
export function createSecrets({ load, now = Date.now, freshMs = FRESH_MS }: SecretsDeps): Secrets {
  const known = new Map<string, Known>();
  return {
    async get(names) {
      const wanted = [...new Set(names)];
      const stale = wanted.filter((name) => !isFresh(known.get(name), freshMs, now()));
      if (stale.length > 0) {
        try {
          const loaded = await load(stale);
          for (const name of stale) known.set(name, { value: loaded.get(name), at: now() });
        } catch (cause) {
          const bridged = stale.every(
            (name) => now() - (known.get(name)?.at ?? -Infinity) < freshMs + STALE_MS,
          );
          if (!bridged) throw new SecretsError('secrets cannot be looked up', { cause });
        }
      }
      return new Map(wanted.flatMap((name) => pair(name, known.get(name)?.value)));
    },
  };
}

function isFresh(known: Known | undefined, freshMs: number, nowMs: number): boolean {
  if (known === undefined) return false;
  return nowMs - known.at < (known.value === undefined ? Math.min(MISSING_FRESH_MS, freshMs) : freshMs);
}

function pair(name: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[name, value]];
}

/** SSM refuses a whole call for one name it does not like. */
const NAME = /^[\w.-]{1,128}(\/[\w.-]{1,128}){0,6}$/;
/** SSM: names in one GetParameters. */
const MAX_NAMES = 10;

/** What SSM answers to GetParameters, as far as it is read (AWS Systems Manager API Reference, GetParameters). */
interface SsmParameters {
  readonly Parameters?: readonly { readonly Name: string; readonly Value: string }[];
}

/** Reads SecureString parameters below `path` (`/fanfare/<stack>/`, with its trailing slash). */
export function fromSsm(aws: AwsSend, path: string): LoadSecrets {
  return async (names) => {
    const allowed = names.filter((name) => NAME.test(name));
    const values = new Map<string, string>();
    for (let at = 0; at < allowed.length; at += MAX_NAMES) {
      const Names = allowed.slice(at, at + MAX_NAMES).map((name) => path + name);
      const reply = await callSsm(aws, 'GetParameters', { Names, WithDecryption: true });
      if (reply.kind === 'failure') throw new SecretsError(`SSM: ${reply.detail}`);
      // The body is not repeated: it may hold values.
      if (reply.status !== 200) throw new SecretsError(`SSM answered ${reply.status}`);
      const { Parameters = [] }: SsmParameters = JSON.parse(reply.body);
      for (const { Name, Value } of Parameters) values.set(Name.slice(path.length), Value);
    }
    return values;
  };
}

/** The local stack has one tenant; its file holds the names as people write them. */
const ONLY_TENANT = 'default/';

/** Reads the local stack's file: a JSON object, name -> value. */
export function fromFile(file: string): LoadSecrets {
  return async (names) => {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      throw new SecretsError(describeError(error));
    });
    const values = parseFile(text);
    return new Map(
      names.flatMap((name) => {
        const plain = name.startsWith(ONLY_TENANT) ? name.slice(ONLY_TENANT.length) : name;
        const value = Object.hasOwn(values, plain) ? values[plain] : undefined;
        return pair(name, typeof value === 'string' ? value : undefined);
      }),
    );
  };
}

function parseFile(text: string): Readonly<Record<string, unknown>> {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    // The parser's message repeats a piece of the file.
    throw new SecretsError('the secrets file is not valid JSON');
  }
  if (!isObject(values)) throw new SecretsError('the secrets file holds no JSON object');
  return values;
}

/** Where secrets are: the local stack's file when there is one, else SSM. */
export function secretsSource(
  aws: AwsSend,
  env: NodeJS.ProcessEnv = process.env,
): Pick<SecretsDeps, 'load' | 'freshMs'> {
  const file = readOptionalEnv('secretsFile', env);
  if (file !== undefined) return { load: fromFile(file), freshMs: FILE_FRESH_MS };
  return { load: fromSsm(aws, readEnv(['secretsPath'], env).secretsPath), freshMs: FRESH_MS };
}
