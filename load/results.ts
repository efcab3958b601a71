import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from './headline/report.ts';
import { resultsDocument } from './headline/results.ts';

/*
 * Writes load/RESULTS.md from the figures of a run.
 *
 *     npm run bench:results [-- load/headline.json]
 */
const [source = join(import.meta.dirname, 'headline.json')] = process.argv.slice(2);
const run = JSON.parse(readFileSync(source, 'utf8')) as Run;
writeFileSync(join(import.meta.dirname, 'RESULTS.md'), resultsDocument(run));
