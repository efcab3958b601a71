import { readFileSync } from 'node:fs';

/**
 * Checks the lock file: every optional package of a locked package must be locked too, or `npm ci` refuses
 * what `npm install` wrote; no entry names a registry; the CDK CLI is of line 2 (3.0.0 was published by accident,
 * aws/aws-cdk#38113).
 */
interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export function lockProblems(text: string): string[] {
  const { packages } = JSON.parse(text) as { packages: Readonly<Record<string, Locked>> };
  const paths = Object.keys(packages);
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !paths.some((other) => other.endsWith(`node_modules/${name}`)))
      .map((name) => `${path || 'the project'} wants ${name}, which is not locked`),
  );
  const resolved = paths.filter((path) => packages[path]?.resolved !== undefined);
  const cli = packages['node_modules/aws-cdk']?.version ?? '';
  return [
    ...missing,
    ...resolved.map((path) => `${path} names its registry: remove "resolved"`),
    ...(cli.startsWith('2.') ? [] : [`aws-cdk is ${cli || 'not locked'}; it must be of line 2`]),
  ];
}

if (import.meta.main) {
  const problems = lockProblems(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
