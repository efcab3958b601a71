import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '../lib/core/is-object.ts';
import { loadDocument } from './driver/document.ts';
import { allScenarios } from './driver/find-scenario.ts';
import type { Result } from './driver/result.ts';

/** Where runs are written down: `npm run load -- SCENARIO --json load/results/SCENARIO.json`. */
export const RESULTS = join(import.meta.dirname, 'results');

/** Runs that were written down, by their rows. Throws on a file that is none. */
export function readResults(folder: string): Result[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => readResult(join(folder, name)))
    .toSorted((a, b) => (a.id ?? 'Z').localeCompare(b.id ?? 'Z') || a.scenario.localeCompare(b.scenario));
}

function readResult(path: string): Result {
  const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isResult(found)) throw new Error(`${path} holds no run of npm run load`);
  return found;
}

function isResult(found: unknown): found is Result {
  return isObject(found) && isObject(found['conditions']) && Array.isArray(found['verdicts']);
}

/*
 * Writes load/LOAD.md from the runs in load/results/; without any, nothing is written.
 *
 *     npm run load:results
 */
if (import.meta.main) {
  const results = readResults(RESULTS);
  if (results.length === 0) {
    console.error(`there are no runs in ${RESULTS}: npm run load -- L01 --json load/results/L01.json`);
    process.exit(1);
  }
  writeFileSync(join(import.meta.dirname, 'LOAD.md'), loadDocument(results, allScenarios()));
}
