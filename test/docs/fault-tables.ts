import { FAULTS, LEVELS, type Proof } from '../faults.ts';
import { code, table } from './table.ts';

/** What may go wrong, what becomes of it, and the tests that show it. */
export function faultTables(): Record<string, string> {
  return {
    'fault levels': table(
      ['level', 'shown by'],
      Object.entries(LEVELS).map(([level, { says }]) => [level, says]),
    ),
    faults: table(
      ['', 'fault', 'what becomes of it', 'level', 'tests in'],
      FAULTS.map(({ id, fault, expected, levels, proofs }) => [
        id,
        fault,
        expected,
        levels.join(' '),
        filesOf(proofs).map(code).join(', '),
      ]),
    ),
  };
}

function filesOf(proofs: readonly Proof[]): string[] {
  return [...new Set(proofs.map(({ file }) => `test/${file}`))];
}
