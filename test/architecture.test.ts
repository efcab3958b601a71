import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');

/**
 * Which part may import which, and which packages. A part is the longest prefix that fits a path. `*` in
 * packages: anything that is installed.
 */
const PARTS: Readonly<
  Record<string, { readonly parts: readonly string[]; readonly packages: readonly string[] }>
> = {
  'lib/core': { parts: [], packages: ['zod', 'node:crypto'] },
  'lib/channel.ts': { parts: ['lib/core'], packages: ['node:crypto'] },
  'lib/channels': { parts: ['lib/core', 'lib/channel.ts'], packages: ['node:crypto'] },
  'lib/registry.ts': { parts: ['lib/channel.ts', 'lib/channels'], packages: [] },
  'lib/settings.ts': { parts: ['lib/core', 'lib/channel.ts', 'lib/registry.ts'], packages: [] },
  'lib/pipeline': {
    parts: ['lib/core', 'lib/channel.ts', 'lib/registry.ts', 'lib/settings.ts'],
    packages: [],
  },
  'lib/stores': {
    parts: ['lib/core', 'lib/platform'],
    packages: ['@aws-sdk/client-dynamodb', '@aws-sdk/util-dynamodb', 'node:crypto'],
  },
  'lib/platform': {
    parts: ['lib/core', 'lib/channel.ts'],
    packages: [
      '@aws-sdk/client-sqs',
      '@aws-lambda-powertools/metrics',
      '@middy/core',
      '@smithy/signature-v4',
      '@types/aws-lambda',
      'aws-lambda',
      'nodemailer',
      'node:*',
    ],
  },
  functions: {
    parts: [
      'lib/core',
      'lib/channel.ts',
      'lib/registry.ts',
      'lib/settings.ts',
      'lib/pipeline',
      'lib/stores',
      'lib/platform',
    ],
    packages: ['node:dns'],
  },
  cdk: { parts: ['lib/core', 'lib/channel.ts', 'lib/registry.ts', 'lib/platform/env.ts'], packages: ['*'] },
  'cdk/local': { parts: ['*'], packages: ['*'] },
  'cdk/cli': { parts: ['*'], packages: ['*'] },
  test: { parts: ['*'], packages: ['*'] },
  load: { parts: ['*'], packages: ['*'] },
};

function partOf(path: string): string | undefined {
  const fits = Object.keys(PARTS).filter((part) => path === part || path.startsWith(`${part}/`));
  return fits.toSorted((a, b) => b.length - a.length)[0];
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => join(folder, name));
}

function importsOf(path: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const found = text.matchAll(/^(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^']+)'|\bimport\('([^']+)'\)/gm);
  return [...found].flatMap((match) => match[1] ?? match[2] ?? []);
}

function violation(path: string, specifier: string): string | undefined {
  const part = partOf(path);
  if (part === undefined) return `${path} lies outside the layout`;
  const { parts, packages } = PARTS[part] as (typeof PARTS)[string];
  if (!specifier.startsWith('.')) {
    const allowed = packages.some(
      (name) =>
        name === '*' ||
        specifier === name ||
        specifier.startsWith(name.replace('*', '')) ||
        specifier.startsWith(`${name}/`),
    );
    return allowed ? undefined : `${path} imports the package ${specifier}`;
  }
  const target = relative(ROOT, resolve(ROOT, dirname(path), specifier));
  const targetPart = partOf(target);
  const allowed =
    parts.includes('*') ||
    targetPart === part ||
    parts.some((name) => target === name || target.startsWith(`${name}/`));
  return allowed ? undefined : `${path} imports ${target}`;
}

describe('the architecture', () => {
  const files = ['lib', 'functions', 'cdk', 'test', 'load'].flatMap(sources);

  test('lets every part import only what the layout allows', () => {
    const broken = files.flatMap((path) =>
      importsOf(path).flatMap((specifier) => violation(path, specifier) ?? []),
    );
    expect(broken).toEqual([]);
  });

  test('sees an import from the core into a function, and a package in the pipeline', () => {
    expect(violation('lib/core/event.ts', '../../functions/ingest.ts')).toBeDefined();
    expect(violation('lib/pipeline/settle.ts', '@aws-sdk/client-sqs')).toBeDefined();
    expect(violation('lib/pipeline/settle.ts', '../stores/table.ts')).toBeDefined();
    expect(violation('lib/pipeline/settle.ts', '../core/keys.ts')).toBeUndefined();
  });

  test('never loads the whole of zod, which costs 360 KiB and a slower cold start', () => {
    const lib = files.filter((path) => path.startsWith('lib/') || path.startsWith('functions/'));
    expect(lib.filter((path) => importsOf(path).includes('zod'))).toEqual([]);
  });

  test('keeps source files short enough to be one thing', () => {
    const long = files
      .filter((path) => /^(lib|functions|cdk)\//.test(path))
      .filter((path) => readFileSync(join(ROOT, path), 'utf8').split('\n').length > 300);
    expect(long).toEqual([]);
  });

  test('exports by name only', () => {
    const named = files.filter((path) => /^export default/m.test(readFileSync(join(ROOT, path), 'utf8')));
    expect(named).toEqual([]);
  });
});
