import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiTables } from './docs/api-tables.ts';
import { channelTables } from './docs/channel-tables.ts';
import { faultTables } from './docs/fault-tables.ts';
import { scaleTables } from './docs/scale-tables.ts';
import { stackTables } from './docs/stack-tables.ts';

/*
 * Documents that list something hold it between `<!-- generated: NAME -->` and `<!-- end -->`. A test compares;
 *
 *     node test/docs.ts --write
 *
 * writes what the code says now.
 */

export const ROOT = join(import.meta.dirname, '..');

/** Markdown for people, by its path in the project. */
export const DOCUMENTS: readonly string[] = [
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...readdirSync(join(ROOT, 'docs')).flatMap((name) => (name.endsWith('.md') ? `docs/${name}` : [])),
];

export function readDocument(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Every generated part by its name. */
export function generatedParts(): ReadonlyMap<string, string> {
  const example = readFileSync(join(ROOT, 'test/fixtures/catalog.example.yaml'), 'utf8');
  return new Map(
    Object.entries({
      'example catalog': `\`\`\`yaml\n${example}\`\`\``,
      ...apiTables(),
      ...channelTables(),
      ...faultTables(),
      ...scaleTables(),
      ...stackTables(),
    }),
  );
}

const PART = /(<!-- generated: ([\w ]+) -->\n)[\s\S]*?((?<=\n)<!-- end -->)/g;

/** A document with its generated parts as they should be. Throws when it asks for one that does not exist. */
export function withParts(text: string, parts: ReadonlyMap<string, string>): string {
  return text.replaceAll(PART, (_, start: string, name: string, end: string) => {
    const part = parts.get(name);
    if (part === undefined) throw new Error(`nothing generates "${name}"`);
    return `${start}\n${part}\n\n${end}`;
  });
}

/** Names of the parts that documents hold. */
export function partsIn(text: string): string[] {
  return [...text.matchAll(PART)].flatMap(([, , name]) => name ?? []);
}

if (import.meta.main) {
  const parts = generatedParts();
  for (const path of DOCUMENTS) {
    const text = readDocument(path);
    const wanted = withParts(text, parts);
    if (wanted === text) continue;
    console.log(path);
    if (process.argv.includes('--write')) writeFileSync(join(ROOT, path), wanted);
    else process.exitCode = 1;
  }
}
