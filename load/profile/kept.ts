import { readFileSync, readdirSync, statSync } from 'node:fs';
import type { Profiler } from 'node:inspector/promises';
import { basename, dirname, join } from 'node:path';
import { isObject } from '../../lib/core/is-object.ts';

/** A CPU profile as it was kept in a file, by `npm run profile` or by a function of a stack with `sampling`. */
export interface KeptProfile {
  readonly file: string;
  readonly label: string;
  readonly profile: Profiler.Profile;
  /** What a sampled function says of its code: its bundle, and what names the very bytes of it. */
  readonly code?: { readonly bundle: string; readonly id: string };
}

const EXTENSION = '.cpuprofile';

/** Reads a file, or all of a folder and the folders in it. Throws, with a sentence for people, when it is none. */
export function readKept(path: string): KeptProfile[] {
  const files = statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith(EXTENSION))
        .toSorted()
        .map((name) => join(path, name))
    : [path];
  if (files.length === 0) throw new Error(`there is no ${EXTENSION} file in ${path}`);
  return files.map((file) => kept(file, readFileSync(file, 'utf8')));
}

function kept(file: string, text: string): KeptProfile {
  const profile = parsed(text);
  if (!isProfile(profile)) throw new Error(`${file} is no CPU profile`);
  const { label, bundle, code } = isObject(profile.fanfare) ? profile.fanfare : {};
  if (typeof label !== 'string' || typeof bundle !== 'string' || typeof code !== 'string')
    return { file, label: labelOf(file), profile };
  return { file, label, profile, code: { bundle, id: code } };
}

/** `Events-12.cpuprofile` is of a thread of `Events`; a file with another name stands for itself. */
function labelOf(file: string): string {
  const [, label] = /^(\w+)-\d+\.cpuprofile$/.exec(basename(file)) ?? [];
  return label ?? join(basename(dirname(file)), basename(file, EXTENSION));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isProfile(value: unknown): value is Profiler.Profile & { readonly fanfare?: unknown } {
  return isObject(value) && Array.isArray(value['nodes']) && Array.isArray(value['samples']);
}
