import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { nearest } from '../../lib/core/nearest.ts';
import { type Scenario, parseScenario } from './scenario.ts';

const FOLDER = join(import.meta.dirname, '../scenarios');

/** What somebody asked for is not there, or is no scenario. */
export class NoScenario extends Error {
  override readonly name = 'NoScenario';
}

/** Names of the scenarios that come with Fanfare. */
export function scenarioNames(): string[] {
  return readdirSync(FOLDER)
    .filter((one) => one.endsWith('.json'))
    .map((one) => basename(one, '.json'))
    .toSorted();
}

/** All that come with Fanfare, by the rows they answer. */
export function allScenarios(): Scenario[] {
  return scenarioNames()
    .map((one) => readScenario(one, join(FOLDER, `${one}.json`)))
    .toSorted((a, b) => (a.id ?? 'Z').localeCompare(b.id ?? 'Z') || a.name.localeCompare(b.name));
}

/** By name, by row (`L01`), or a file of one's own. */
export function findScenario(wanted: string): Scenario {
  if (wanted.endsWith('.json')) {
    if (!existsSync(wanted)) throw new NoScenario(`there is no file ${wanted}`);
    return readScenario(basename(wanted, '.json'), wanted);
  }
  const names = scenarioNames();
  if (names.includes(wanted)) return readScenario(wanted, join(FOLDER, `${wanted}.json`));
  const byRow = /^L\d\d$/i.test(wanted)
    ? allScenarios().find(({ id }) => id === wanted.toUpperCase())
    : undefined;
  if (byRow) return byRow;
  throw new NoScenario(`no scenario ${wanted}; ${nearest(wanted, names)}`);
}

function readScenario(scenarioName: string, path: string): Scenario {
  const parsed = parseScenario(scenarioName, readFileSync(path, 'utf8'));
  if ('criteria' in parsed) return parsed;
  throw new NoScenario(`${path} is no scenario:\n${parsed.map((fault) => `  ${fault}`).join('\n')}`);
}
