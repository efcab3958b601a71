import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { API_KEY_BYTES, createApiKey, formatApiKey } from '../../lib/core/api-key.ts';

/** What one start leaves to the next, in `.fanfare/state.json`. */
export interface LocalState {
  readonly apiKey: string;
  /** Where the twin was: values of secrets point at it. */
  readonly twinUrl?: string;
  readonly smtpUrl?: string;
}

/** Reads the state of a folder; the first time with a new API key. */
export function readState(dir: string): LocalState {
  const file = join(dir, 'state.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  return { apiKey: formatApiKey(createApiKey('local', randomBytes(API_KEY_BYTES))) };
}

export function writeState(dir: string, state: LocalState): void {
  writeFileSync(join(dir, 'state.json'), `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
}

/**
 * Points the values of secrets at the twin's new addresses when its ports have changed. Gives the values by
 * reference name; the file is made if there is none.
 */
export function readSecrets(
  file: string,
  from: Places,
  to: Required<Places>,
): Readonly<Record<string, string>> {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const after = moveUrls(before || '{}\n', from, to);
  if (after !== before) writeFileSync(file, after, { mode: 0o600 });
  return JSON.parse(after);
}

/** Replaces the twin's former addresses in a text by its present ones. */
export function moveUrls(text: string, from: Places, to: Required<Places>): string {
  const moved = from.twinUrl ? text.replaceAll(from.twinUrl, to.twinUrl) : text;
  return from.smtpUrl ? moved.replaceAll(from.smtpUrl, to.smtpUrl) : moved;
}

type Places = Pick<LocalState, 'twinUrl' | 'smtpUrl'>;
