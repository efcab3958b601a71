import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Channel } from '../../lib/channel.ts';
import { API_KEY_BYTES, createApiKey, formatApiKey } from '../../lib/core/api-key.ts';
import { isSecretRef } from '../../lib/core/catalog.ts';
import { isObject, objectsIn } from '../../lib/core/is-object.ts';
import { registry } from '../../lib/registry.ts';

export interface FillOptions {
  /** A catalog in the form the API takes; entries of the wrong shape are passed over. */
  readonly catalog: Readonly<Record<string, unknown>>;
  /** `.fanfare/secrets.json`: values by reference name. Made when absent. */
  readonly file: string;
  /** Base URL of the twin, no trailing slash. */
  readonly twinUrl: string;
  /** `smtp://127.0.0.1:<port>` of the twin. */
  readonly smtpUrl?: string | undefined;
  readonly channels?: ReadonlyMap<string, Channel>;
  readonly random?: (bytes: number) => Uint8Array;
}

/**
 * Gives every secret reference of a catalog a value for the stack on this machine, so that a catalog written
 * for AWS runs here as it is: addresses at the twin, fresh signing secrets and API keys. Values that are
 * there stay, except addresses of an earlier twin. Answers all values by reference name.
 */
export async function fillLocalSecrets(options: FillOptions): Promise<Readonly<Record<string, string>>> {
  const { catalog, file, twinUrl, smtpUrl, channels = registry, random = randomBytes } = options;
  const secrets = await readSecrets(file);
  const before = JSON.stringify(secrets);

  for (const { channel, settings } of objectsIn(catalog['destinations'])) {
    if (typeof channel !== 'string' || !isObject(settings)) continue;
    for (const [name, field] of Object.entries(channels.get(channel)?.fields ?? {})) {
      for (const { secret } of [settings[name]].flat().filter(isSecretRef)) {
        const made = field.local?.(twinUrl, secret, smtpUrl);
        if (made !== undefined && (secrets[secret] === undefined || hasMoved(secrets[secret], made)))
          secrets[secret] = made;
      }
    }
  }
  for (const { secret } of objectsIn(catalog['keys'])) {
    if (typeof secret === 'string')
      secrets[secret] ??= formatApiKey(createApiKey('local', random(API_KEY_BYTES)));
  }
  if (JSON.stringify(secrets) !== before) await writeSecrets(file, secrets);
  return secrets;
}

/** An address of an earlier twin, which listened on another port. */
function hasMoved(value: string, made: string): boolean {
  return [value, made].every((text) => URL.parse(text)?.hostname === '127.0.0.1') && value !== made;
}

async function readSecrets(file: string): Promise<Record<string, string>> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  return JSON.parse(text);
}

/** Only the owner may read it, and no reader ever sees half of it. */
async function writeSecrets(file: string, values: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.tmp`;
  await writeFile(draft, `${JSON.stringify(values, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, file);
}
